"""What terminals write to a stick, read: our own files in all their shapes, and real exports where they are at hand."""

import contextlib
import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadir.terminals.files import Layout, ParsedLine, ReadFile, read_file, read_line, without_names
from hadir.terminals.reading import DateOrder, Encoding, FileFault, FileRefusedError, LineFault
from tests.terminals import shapes


def good(found: ReadFile) -> list[ParsedLine]:
    return [line.read for line in found.lines if isinstance(line.read, ParsedLine)]


def presses(data: bytes) -> list[tuple[str, str, int | None]]:
    return [(line.pin, line.shown, line.status) for line in good(read_file(data))]


def faults(data: bytes) -> dict[int, LineFault]:
    return {line.number: line.read for line in read_file(data).lines if isinstance(line.read, LineFault)}


def test_padding_line_ends_and_column_counts_make_no_difference() -> None:
    assert presses(shapes.PLAIN) == [
        ("12", "2026-11-23T07:21:05", 0),
        ("7", "2026-11-23T07:29:59", 0),
        ("12", "2026-11-23T16:04:40", 1),
    ]
    assert presses(shapes.PLAIN.replace(b"\n", b"\r\n")) == presses(shapes.PLAIN)


def test_a_pin_is_text_and_keeps_its_zeros() -> None:
    assert presses(shapes.CLOUD) == [("40117", "2026-11-23T07:21:05", 0), ("0052", "2026-11-23T07:22:00", 4)]


def test_status_255_is_kept_as_it_is() -> None:
    assert [status for _, _, status in presses(shapes.NO_KEY)] == [255, 255]


def test_a_block_of_nuls_costs_the_half_line_behind_it_and_no_other() -> None:
    assert [pin for pin, _, _ in presses(shapes.NUL_BLOCK)] == ["5", "6"]
    assert faults(shapes.NUL_BLOCK) == {2: LineFault.NO_TIME}


def test_a_whole_line_glued_to_nuls_is_read() -> None:
    assert presses(shapes.NUL_GLUED) == presses(shapes.PLAIN)
    assert not faults(shapes.NUL_GLUED)


def test_a_name_in_the_second_column_is_no_pin() -> None:
    assert [(pin, status) for pin, _, status in presses(shapes.NAMES)] == [("9", 0), ("12", 1)]


def test_a_running_number_in_front_is_no_pin() -> None:
    assert [pin for pin, _, _ in presses(shapes.RUNNING)] == ["40", "41"]


def test_two_numbers_before_the_time_are_not_guessed_about() -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_file(shapes.TWO_NUMBERS)
    assert refused.value.fault is FileFault.COLUMNS_OPEN


def test_bad_lines_have_their_numbers_and_reasons_and_cost_no_good_one() -> None:
    assert [pin for pin, _, _ in presses(shapes.FAULTY)] == ["1", "9"]
    assert faults(shapes.FAULTY) == {
        2: LineFault.NO_TIME,
        3: LineFault.NO_SUCH_TIME,
        4: LineFault.CLOCK_LOST,
        5: LineFault.NO_PIN,
        6: LineFault.BAD_PIN,
        7: LineFault.OTHER_SHAPE,
        8: LineFault.TOO_LONG,
        9: LineFault.NO_SUCH_TIME,
    }


def test_an_unknown_status_raises_nothing() -> None:
    assert presses(shapes.FAULTY)[-1] == ("9", "2026-11-23T07:09:00", None)


def test_a_header_with_a_column_that_no_row_has_still_names_the_person() -> None:
    assert presses(shapes.GLOG_US) == [
        ("302", "2026-11-23T07:19:29", None),
        ("302", "2026-11-23T12:05:00", None),
        ("370", "2026-11-24T00:00:01", None),
    ]


@pytest.mark.parametrize("data", [shapes.GLOG_UTF16, shapes.GLOG_UTF16_BE, shapes.GLOG_UTF8_BOM])
def test_the_same_file_in_another_encoding_says_the_same(data: bytes) -> None:
    assert presses(data) == presses(shapes.GLOG_US)
    assert [line.number for line in read_file(data).lines] == [2, 3, 4]


def test_merged_names_in_the_header_do_not_move_the_columns() -> None:
    assert presses(shapes.GLOG_MERGED) == [("6", "2026-11-23T07:14:47", None)]


def test_a_finger_that_was_not_recognised_is_no_presence() -> None:
    assert presses(shapes.GLOG_CUT) == [("000000031", "2026-11-23T07:30:44", None)]
    assert faults(shapes.GLOG_CUT) == {2: LineFault.FAILED_TRY}


def test_the_order_of_day_and_month_is_asked_and_not_guessed() -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_file(shapes.DATES_OPEN)
    assert refused.value.fault is FileFault.DATES_OPEN
    march = read_file(shapes.DATES_OPEN, dates=DateOrder.MDY)
    april = read_file(shapes.DATES_OPEN, dates=DateOrder.DMY)
    assert [good(found)[0].day.isoformat() for found in (march, april)] == ["2026-03-04", "2026-04-03"]


def test_one_day_over_twelve_decides_for_the_whole_file() -> None:
    assert [shown[:10] for _, shown, _ in presses(shapes.DAY_FIRST)] == ["2026-11-23", "2026-12-03"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", FileFault.EMPTY),
        (b"\n \r\n\0\0", FileFault.EMPTY),
        (shapes.BINARY, FileFault.BINARY),
        (b"NIP,Nama\n1,Sari\n", FileFault.NO_TIMES),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", FileFault.NO_TIMES),
    ],
)
def test_what_is_no_such_file_is_refused_with_its_reason(data: bytes, fault: FileFault) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_file(data)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    "data", [shapes.PLAIN, shapes.NAMES, shapes.GLOG_US, shapes.GLOG_UTF16, shapes.FAULTY, shapes.NUL_BLOCK]
)
def test_any_single_line_is_read_again_from_its_bytes_and_the_layout_alone(data: bytes) -> None:
    found = read_file(data)
    layout = Layout.parse(found.layout.text)
    assert layout == found.layout
    assert [read_line(line.raw, layout) for line in found.lines] == [line.read for line in found.lines]


@pytest.mark.parametrize("data", [shapes.PUSHED, shapes.PUSHED_SHORT, shapes.PUSHED_TAB])
def test_what_a_terminal_pushed_has_its_key_directly_behind_the_time(data: bytes) -> None:
    assert read_file(data).layout.form == "push"
    keys = [(shown[11:16], status) for _, shown, status in presses(data)]
    assert keys[0] == ("07:10", 0), "seven in the morning is an arrival"
    assert keys[-1] == ("16:04", 1)


def test_a_file_that_leaves_open_which_figure_is_the_key_is_refused() -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_file(shapes.KEYS_OPEN)
    assert refused.value.fault is FileFault.KEYS_OPEN


def test_two_lines_that_ran_together_do_not_change_how_the_others_are_read() -> None:
    assert read_file(shapes.GLUED).layout.form == "attlog"
    assert presses(shapes.GLUED)[:3] == presses(shapes.PLAIN)


@pytest.mark.parametrize("data", shapes.ODD)
def test_odd_figures_and_missing_cells_have_an_answer(data: bytes) -> None:
    with contextlib.suppress(FileRefusedError):
        assert all(isinstance(line.read, ParsedLine | LineFault) for line in read_file(data).lines)


def test_blanks_without_end_cost_no_more_than_other_letters() -> None:
    """With a pattern that goes back over them, these nine megabytes took minutes: the test's limit ends it."""
    line = b"5\t2026-11-23" + b" " * 970 + b"x\n"
    with pytest.raises(FileRefusedError) as refused:
        read_file(line * (9 * 1024 * 1024 // len(line)))
    assert refused.value.fault is FileFault.NO_TIMES


@pytest.mark.parametrize("data", [shapes.PLAIN, shapes.CLOUD, shapes.NO_KEY, shapes.RUNNING, shapes.PUSHED])
def test_a_line_without_names_is_kept_byte_for_byte(data: bytes) -> None:
    found = read_file(data)
    assert [without_names(line.raw, found.layout) for line in found.lines] == [line.raw for line in found.lines]


@pytest.mark.parametrize(
    "data", [shapes.NAMES, shapes.GLOG_NAMED, b"\xff\xfe" + shapes.GLOG_NAMED.decode().encode("utf-16-le")]
)
def test_names_are_not_kept_and_the_line_says_the_same_without_them(data: bytes) -> None:
    found = read_file(data)
    for line in found.lines:
        kept = without_names(line.raw, found.layout)
        assert not set("SITINURHALZ") & set(kept.replace(b"\0", b"").replace(b"AM", b"").decode())
        assert read_line(kept, found.layout) == line.read


CELLS = st.sampled_from(
    ["5", "²", "٣", "  7", "BUDI", "2026-11-23 07:21:05", "03/04/2026 7:21", "0", "1", "255", "", "9" * 900, "EnNo",
     "DateTime", "No", "\0", "2026-11-23T", "é", "1\r", "AM", " " * 900]
)  # fmt: skip


@given(st.lists(st.lists(CELLS, max_size=8), max_size=5), st.sampled_from(["utf-8", "latin-1", "utf-16"]))
def test_any_cells_have_an_answer_and_lose_nothing_with_their_names(rows: list[list[str]], encoding: str) -> None:
    try:
        found = read_file("\n".join(map("\t".join, rows)).encode(encoding, "replace"))
    except FileRefusedError:
        return
    for line in found.lines:
        if isinstance(line.read, ParsedLine):
            assert read_line(without_names(line.raw, found.layout), found.layout) == line.read


PLAIN_LAYOUT = Layout(
    form="attlog", encoding=Encoding.UTF_8, dates=DateOrder.YMD, pin_column=0, time_column=1
)  # fmt: skip


@given(st.binary(max_size=400))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    assert isinstance(read_line(data, PLAIN_LAYOUT), ParsedLine | LineFault)
    try:
        found = read_file(data)
    except FileRefusedError:
        return
    assert all(isinstance(line.read, ParsedLine | LineFault) for line in found.lines)


@given(st.lists(st.binary(max_size=60).filter(lambda raw: b"\n" not in raw and b"\0" not in raw), max_size=6))
def test_no_rubbish_between_them_costs_good_lines(rubbish: list[bytes]) -> None:
    lines = shapes.PLAIN.splitlines(keepends=True)
    mixed = b"".join(line + raw + b"\n" for line, raw in zip(lines, [*rubbish[:3], b"", b"", b""], strict=False))
    assert set(presses(shapes.PLAIN)) <= set(presses(mixed))


# --- real exports, which are not ours to keep here -------------------------------------------------------------------


def test_real_exports_give_the_counts_that_were_made_by_hand(samples: Path) -> None:
    with (samples / "EXPECT.tsv").open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if row["dat_punches"]]
    assert rows
    for row in rows:
        found = read_file((samples / row["file"]).read_bytes())
        lines = good(found)
        seen = sorted(line.shown.replace("T", " ") for line in lines)
        distinct = len({(line.pin, line.shown) for line in lines})
        counted = (len(found.lines), len(lines), distinct, seen[0], seen[-1])
        wanted = ("nonblank_lines", "dat_punches", "dat_distinct_pin_time", "dat_first", "dat_last")
        assert [str(one) for one in counted] == [row[name] for name in wanted], row["file"]


def test_real_exports_of_the_other_family_are_read_too(samples: Path) -> None:
    counts = {
        path.name[:2]: Counter(type(line.read) for line in read_file(path.read_bytes()).lines)
        for path in samples.glob("*.TXT")
    }
    good_lines = {name: count[ParsedLine] for name, count in counts.items()}
    assert good_lines == {"12": 9, "13": 199, "15": 127, "17": 9, "18": 9}
    assert counts["15"][LineFault] == 172
