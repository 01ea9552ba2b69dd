"""What people write into documents becomes a typed value, or a sentence that says what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import partial

import pytest

from hadir.rules import Fault
from hadir.rules.reading import (
    BadValueError,
    DocumentError,
    Form,
    clock_time,
    day,
    fields_of,
    one_of,
    shown,
    text,
    texts,
    whole,
    yes_or_no,
)

Reader = Callable[[object], object]


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


one_to_five = partial(whole, least=1, most=5)
from_and_until = partial(fields_of, names={"until", "from"})

READ: list[tuple[Reader, object, object]] = [
    (text, "  Pasal 7 \n ayat (3) ", "Pasal 7 ayat (3)"),
    (text, "x" * 400, "x" * 400),
    (day, date(2023, 4, 12), date(2023, 4, 12)),
    (day, "2023-04-12", date(2023, 4, 12)),
    (day, "1945-01-01", date(1945, 1, 1)),
    (day, "2200-12-31", date(2200, 12, 31)),
    (clock_time, "07:30", time(7, 30)),
    (clock_time, "07:30:59", time(7, 30, 59)),
    (one_to_five, 1, 1),
    (one_to_five, 5, 5),
    (one_of(Side), "left", Side.LEFT),
    (texts, ["Sari", " Budi "], ("Sari", "Budi")),
    (texts, [], ()),
    (yes_or_no, True, True),
    (yes_or_no, False, False),
    (from_and_until, {"from": 1, "until": None}, {"from": 1, "until": None}),
]


@pytest.mark.parametrize(("reader", "written", "value"), READ)
def test_what_is_written_rightly_is_read(reader: Reader, written: object, value: object) -> None:
    assert reader(written) == value


AN_INSTANT = datetime(2023, 4, 12, 7, tzinfo=UTC)
A_TEXT = "must be a text of 1 to 400 characters"
A_CLOCK_TIME = 'must be a clock time in quotes like "07:30", not '
FROM_AND_UNTIL = "must have from, until and nothing else"

REFUSED: list[tuple[Reader, object, str]] = [
    (text, " ", A_TEXT),
    (text, 7, A_TEXT),
    (text, "x" * 401, A_TEXT),
    (day, "12 April", "must be a day like 2023-04-12, not '12 April'"),
    (day, AN_INSTANT, f"must be a day like 2023-04-12, not {AN_INSTANT!r}"),
    (day, "1944-12-31", "must be a day between 1945 and 2200, not '1944-12-31'"),
    (day, "2201-01-01", "must be a day between 1945 and 2200, not '2201-01-01'"),
    (clock_time, 450, A_CLOCK_TIME + "450"),
    (clock_time, "7:30", A_CLOCK_TIME + "'7:30'"),
    (clock_time, "07:30 WIB", A_CLOCK_TIME + "'07:30 WIB'"),
    (clock_time, "24:30", "there is no clock time '24:30'"),
    (one_to_five, 0, "must be a whole number from 1 to 5, not 0"),
    (one_to_five, 6, "must be a whole number from 1 to 5, not 6"),
    (one_to_five, 2.0, "must be a whole number from 1 to 5, not 2.0"),
    (one_to_five, True, "must be a whole number from 1 to 5, not True"),
    (one_of(Side), "up", "must be one of left, right, not 'up'"),
    (texts, "Sari", "must be a list of texts"),
    (texts, ["Sari", ""], A_TEXT),
    (yes_or_no, "yes", "must be true or false, not 'yes'"),
    (from_and_until, {"from": 1}, FROM_AND_UNTIL),
    (from_and_until, {"from": 1, "until": 2, "on": 3}, "'on' is not known here"),
    (from_and_until, ["from", "until"], FROM_AND_UNTIL),
]


@pytest.mark.parametrize(("reader", "written", "sentence"), REFUSED)
def test_what_is_written_wrongly_is_told_what_it_must_be(reader: Reader, written: object, sentence: str) -> None:
    with pytest.raises(BadValueError) as refused:
        reader(written)
    assert str(refused.value) == sentence


def test_a_fault_shows_of_a_strangers_value_only_its_beginning() -> None:
    assert shown("x" * 98) == f"'{'x' * 98}'"
    assert shown("x" * 99) == f"'{'x' * 99} …"


def test_a_form_gives_what_is_there_and_notes_what_is_missing_wrong_or_unknown() -> None:
    faults: list[Fault] = []
    form = Form("surat[0]", {"nomor": "800/1", "hari": "?", "catatn": "-"}, faults)
    form.only({"nomor", "hari"})
    assert form.take("nomor", text) == "800/1"
    assert form.take("hari", day) is None
    assert form.take("oleh", text) is None
    assert form.may("lampiran", text) is None
    assert faults == [
        Fault("surat[0]", "'catatn' is not known here"),
        Fault("surat[0].hari", "must be a day like 2023-04-12, not '?'"),
        Fault("surat[0].oleh", "is missing; nothing loads without it"),
    ]


def test_an_error_tells_every_fault_on_a_line_in_the_order_of_their_places() -> None:
    error = DocumentError([Fault("b", "is wrong"), Fault("a", "is missing")])
    assert error.faults == (Fault("a", "is missing"), Fault("b", "is wrong"))
    assert str(error) == "a: is missing\nb: is wrong"
