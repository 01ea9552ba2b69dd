"""The files that fingerprint machines write to a USB stick: bytes in, numbered lines out. Nothing here does I/O.

Three forms are known (docs/terminals.md):

* **attlog** (`1_attlog.dat`, ZKTeco and its other names): no header, tab-separated, the time first and the rest counted
  from it: the device's number, the key, the way of verifying;
* **push** (what the same terminals send over the network, saved as a file): as attlog, but without the device's number,
  so that the key stands directly behind the time;
* **glog** (`AGL_001.TXT`, FK and Fingerspot): a header line, tab-separated, `EnNo` holds the number of the person.

A whole file is looked at once, for its `Layout`: what one line leaves open (encoding, columns, the order of day and
month) is decided for all lines together and never line by line. With the layout, `read_line` reads any single line
again, so a journal that keeps exact lines needs nothing else.

A line that cannot be read is a `LineFault` with its number, and costs no other line.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from itertools import pairwise

FILE_BYTES_MAX = 64 * 1024 * 1024
LINE_BYTES_MAX = 1_000
PIN_LENGTH_MAX = 24
YEAR_MIN = 2010
"""A terminal that lost its clock shows 1970, 2000 or another year of its maker's."""


class LineFault(StrEnum):
    """Why one line is not a punch."""

    NO_TIME = "no_time"
    NO_SUCH_TIME = "no_such_time"
    CLOCK_LOST = "clock_lost"
    NO_PIN = "no_pin"
    BAD_PIN = "bad_pin"
    OTHER_SHAPE = "other_shape"
    TOO_LONG = "too_long"
    FAILED_TRY = "failed_try"
    IN_FUTURE = "in_future"
    """Found by whoever knows what time it is; reading knows none."""


class FileFault(StrEnum):
    """Why a whole file cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    BINARY = "binary"
    NO_TIMES = "no_times"
    DATES_OPEN = "dates_open"
    COLUMNS_OPEN = "columns_open"
    KEYS_OPEN = "keys_open"


class FileRefusedError(ValueError):
    """The file as a whole cannot be read; `fault` says why."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Form(StrEnum):
    """The families of files."""

    ATTLOG = "attlog"
    PUSH = "push"
    GLOG = "glog"


class DateOrder(StrEnum):
    """How a file writes a day."""

    YMD = "ymd"
    MDY = "mdy"
    DMY = "dmy"


class Encoding(StrEnum):
    """How a file writes letters. `LATIN_1` stands for everything that is not UTF: PINs and times are ASCII in all."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    LATIN_1 = "latin-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a whole file settles for each of its lines. Columns count from 0."""

    form: Form
    encoding: Encoding
    dates: DateOrder
    pin_column: int
    time_column: int

    @property
    def text(self) -> str:
        """One line of text, to be kept beside the file's hash: `attlog utf-8 ymd 0 1`."""
        return f"{self.form} {self.encoding} {self.dates} {self.pin_column} {self.time_column}"

    @classmethod
    def parse(cls, text: str) -> Layout:
        """The layout that `text` stands for. ValueError for anything that `Layout.text` does not write."""
        form, encoding, dates, pin_column, time_column = text.split(" ")
        return cls(
            form=Form(form),
            encoding=Encoding(encoding),
            dates=DateOrder(dates),
            pin_column=int(pin_column),
            time_column=int(time_column),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLine:
    """One press of a finger, in the terminal's own words.

    `day` and `clock` are what the terminal's clock showed: they have no zone. `pin` is text, since leading zeros and
    letters occur. `status` is the key that was pressed (0 in, 1 out, 2 break out, 3 break in, 4 overtime in,
    5 overtime out, 255 none), or None where the form has none.
    """

    pin: str
    day: date
    clock: time
    status: int | None

    @property
    def shown(self) -> str:
        """`2026-11-24T07:28:13`."""
        return f"{self.day.isoformat()}T{self.clock.isoformat('seconds')}"


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line that is not blank: its number in the file from 1, its exact bytes, and what it says."""

    number: int
    raw: bytes
    read: ParsedLine | LineFault


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file with its layout and its lines; blank lines and the header are not among them."""

    layout: Layout
    lines: tuple[NumberedLine, ...]


def read_file(data: bytes, *, dates: DateOrder | None = None) -> ReadFile:
    """Every line of the file.

    `dates` is the answer of a person where the file leaves open whether the day or the month comes first. Raises
    FileRefusedError for what is no such file, and for a question that only a person can answer.
    """
    _refuse_what_is_none(data)
    encoding, body = _encoding(data)
    lines = _split(body, encoding)
    layout = _layout([raw for _, raw in lines], encoding, dates)
    content = lines[1:] if layout.form is Form.GLOG else lines
    return ReadFile(layout, tuple(NumberedLine(number, raw, read_line(raw, layout)) for number, raw in content))


def read_line(raw: bytes, layout: Layout) -> ParsedLine | LineFault:
    """One line of a file whose layout is known. Total: any bytes have an answer."""
    if len(raw) > LINE_BYTES_MAX:
        return LineFault.TOO_LONG
    cells = _cells(raw, layout.encoding)
    place = _time_place(cells)
    if place is None:
        return LineFault.NO_TIME
    if place != layout.time_column or layout.pin_column >= len(cells):
        return LineFault.OTHER_SHAPE
    shown = _shown(cells[place], layout.dates)
    if shown is None:
        return LineFault.NO_SUCH_TIME
    if shown[0].year < YEAR_MIN:
        return LineFault.CLOCK_LOST
    pin = cells[layout.pin_column]
    return _pin_fault(pin, layout.form) or ParsedLine(
        pin=pin, day=shown[0], clock=shown[1], status=_status(cells[place + 1 :], layout.form)
    )


def without_names(raw: bytes, layout: Layout) -> bytes:
    """The line as it may be kept for ever: cells with anything but figures are emptied, PIN and time stay.

    Terminals write the names of people into their files, and a leaf of a journal cannot be erased. `read_line` gives
    the same for the result as for `raw`; a line that holds no letters besides its PIN and time comes back as it is.
    """
    text = raw.decode(layout.encoding, "replace")
    cells = text.split("\t")
    kept = (layout.pin_column, layout.time_column)
    bare = [cell if place in kept or _FIGURES.fullmatch(cell) else "" for place, cell in enumerate(cells)]
    return raw if bare == cells else "\t".join(bare).encode(layout.encoding)


# --- the file as a whole ---------------------------------------------------------------------------------------------

_BINARY_GLOG = b"ZoucqGENLOGData"
_BOMS = (
    (b"\xff\xfe", Encoding.UTF_16_LE),
    (b"\xfe\xff", Encoding.UTF_16_BE),
    (b"\xef\xbb\xbf", Encoding.UTF_8),
)


def _refuse_what_is_none(data: bytes) -> None:
    if len(data) > FILE_BYTES_MAX:
        raise FileRefusedError(FileFault.TOO_LARGE)
    if data.startswith(_BINARY_GLOG):
        raise FileRefusedError(FileFault.BINARY)


def _encoding(data: bytes) -> tuple[Encoding, bytes]:
    """The encoding, and the bytes after its mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, data.removeprefix(mark)
    try:
        data.decode()
    except UnicodeDecodeError:
        return Encoding.LATIN_1, data
    return Encoding.UTF_8, data


def _split(body: bytes, encoding: Encoding) -> list[tuple[int, bytes]]:
    """(line number, bytes without the line's end) of every line that is not blank.

    A run of NULs, as terminals leave it in the middle and at the end of a file, parts a line in two: what stands
    behind it is read by itself.
    """
    newline, nul, end = ("\n".encode(encoding), "\0".encode(encoding), "\r".encode(encoding))
    if len(newline) == 1:
        rows = [row.split(nul) for row in body.split(newline)]
    else:
        rows = [_split_wide(row, nul) for row in _split_wide(body, newline)]
    pieces = [(number, piece.removesuffix(end)) for number, row in enumerate(rows, 1) for piece in row]
    return [(number, piece) for number, piece in pieces if piece.decode(encoding, "replace").strip()]


def _split_wide(body: bytes, separator: bytes) -> list[bytes]:
    """As `bytes.split`, but only at whole two-byte units."""
    cuts = [place for place in range(0, len(body) - 1, 2) if body[place : place + 2] == separator]
    starts = [0, *(cut + 2 for cut in cuts)]
    return [body[start:cut] for start, cut in zip(starts, [*cuts, len(body)], strict=True)]


def _layout(raws: list[bytes], encoding: Encoding, dates: DateOrder | None) -> Layout:
    if not raws:
        raise FileRefusedError(FileFault.EMPTY)
    rows = [_cells(raw, encoding) for raw in raws if len(raw) <= LINE_BYTES_MAX]
    is_glog = bool(rows) and "enno" in (cell.lower() for cell in rows[0])
    content = rows[1:] if is_glog else rows
    places = Counter(place for cells in content if (place := _time_place(cells)) is not None)
    if not places:
        raise FileRefusedError(FileFault.NO_TIMES)
    time_column = places.most_common(1)[0][0]
    fitting = [cells for cells in content if _time_place(cells) == time_column]
    return Layout(
        form=Form.GLOG if is_glog else _headless_form(fitting, time_column),
        encoding=encoding,
        dates=_date_order([cells[time_column] for cells in fitting], dates),
        pin_column=_enno_column(rows[0], fitting[0]) if is_glog else _pin_column(fitting, time_column),
        time_column=time_column,
    )


def _headless_form(rows: list[list[str]], time_column: int) -> Form:
    """Whether a device's number or the key stands directly behind the time.

    A file from a stick has at most four cells behind the time, and its device's number is the same in every line: 1 on
    every terminal that was seen. What a terminal pushes has more cells, or a key there, which changes over a day.
    FileRefusedError where neither is plain: a key that is taken for another makes an arrival a departure.
    """
    behind = [_without_blank_end(cells[time_column + 1 :]) for cells in rows]
    width = Counter(map(len, behind)).most_common(1)[0][0]  # a line that was cut or glued decides nothing
    if width > _STICK_CELLS_MAX:
        return Form.PUSH
    first = {cells[0] for cells in behind if len(cells) == width and cells}
    if first <= {"1"} or (len(first) == 1 and not first <= _KEYS):
        return Form.ATTLOG
    if first <= _KEYS and (len(first) > 1 or first <= {"0", "255"}):
        return Form.PUSH
    raise FileRefusedError(FileFault.KEYS_OPEN)


def _without_blank_end(cells: list[str]) -> list[str]:
    """Some terminals end each line with a tab."""
    return cells[:-1] if cells and not cells[-1] else cells


def _enno_column(header: list[str], row: list[str]) -> int:
    """Some firmware writes a nameless column into the header that no row has."""
    names = [name.lower() for name in header]
    if len(names) > len(row):
        names = [name for name in names if name]
    return names.index("enno")


def _pin_column(rows: list[list[str]], time_column: int) -> int:
    """The cell before the time; with two cells before it, one of them is a name or a running number."""
    if time_column == 0:
        raise FileRefusedError(FileFault.COLUMNS_OPEN)
    if time_column == 1:
        return 0
    if all(not cells[1].isdecimal() for cells in rows):
        return 0
    numbers = [int(cells[0]) for cells in rows if cells[0].isdecimal()]
    is_running = len(numbers) == len(rows) > 1 and all(b == a + 1 for a, b in pairwise(numbers))
    if is_running:
        return time_column - 1
    raise FileRefusedError(FileFault.COLUMNS_OPEN)


def _date_order(cells: list[str], answered: DateOrder | None) -> DateOrder:
    """Decided on the whole file; a person is asked where all days and months are under 13."""
    parts = [found for cell in cells if (found := _YEAR_LAST.fullmatch(cell))]
    if len(parts) * 2 < len(cells):
        return DateOrder.YMD
    day_first = sum(int(found[1]) > 12 for found in parts)
    month_first = sum(int(found[2]) > 12 for found in parts)
    if day_first != month_first:
        return DateOrder.DMY if day_first > month_first else DateOrder.MDY
    if answered in {DateOrder.MDY, DateOrder.DMY}:
        return answered
    raise FileRefusedError(FileFault.DATES_OPEN)


# --- the cells of a line ---------------------------------------------------------------------------------------------

# Blanks are taken without a way back (`++`): a cell of a thousand blanks costs a thousand steps, not a million.
_CLOCK = r"(?:\s++T?+|T)\s*+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*+([AaPp][Mm])?"
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})" + _CLOCK, re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})" + _CLOCK, re.ASCII)
_PIN = re.compile(rf"[A-Za-z0-9_.-]{{1,{PIN_LENGTH_MAX}}}")
_STATUS = re.compile(r"\d{1,3}", re.ASCII)
_FIGURES = re.compile(r"[\d\s.,:/+-]*", re.ASCII)
_KEYS = frozenset({"0", "1", "2", "3", "4", "5", "255"})
_STICK_CELLS_MAX = 4
"""Behind the time: device, key, way of verifying, work code."""


def _cells(raw: bytes, encoding: Encoding) -> list[str]:
    return [cell.strip() for cell in raw.decode(encoding, "replace").split("\t")]


def _time_place(cells: list[str]) -> int | None:
    """Which cell is the first that is written as a full date and time, whether or not there is such a day."""
    written = (place for place, cell in enumerate(cells) if _YEAR_FIRST.fullmatch(cell) or _YEAR_LAST.fullmatch(cell))
    return next(written, None)


def _shown(cell: str, dates: DateOrder) -> tuple[date, time] | None:
    """What the terminal's clock showed; None for a day or an hour that does not exist."""
    if found := _YEAR_FIRST.fullmatch(cell):
        year, month, day = found[1], found[2], found[3]
    elif (found := _YEAR_LAST.fullmatch(cell)) and dates is not DateOrder.YMD:
        month, day = (found[1], found[2]) if dates is DateOrder.MDY else (found[2], found[1])
        year = found[3]
    else:
        return None
    try:
        hour = _hour(int(found[4]), (found[7] or "").upper())
        return date(int(year), int(month), int(day)), time(hour, int(found[5]), int(found[6] or 0))
    except ValueError:
        return None


def _hour(hour: int, half: str) -> int:
    """On a clock of 24 hours. ValueError for an hour that a clock of 12 does not have."""
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no such hour")
    return hour % 12 + (12 if half == "PM" else 0)


def _pin_fault(pin: str, form: Form) -> LineFault | None:
    if not pin:
        return LineFault.NO_PIN
    if not _PIN.fullmatch(pin):
        return LineFault.BAD_PIN
    # A glog row of nobody is a finger that was not recognised.
    is_nobody = form is Form.GLOG and not pin.strip("0")
    return LineFault.FAILED_TRY if is_nobody else None


def _status(after: list[str], form: Form) -> int | None:
    """attlog: the second cell after the time, behind the device's number; push: the first. glog's columns before the
    time mean something else on each firmware, and are left alone.
    """
    place = {Form.ATTLOG: 1, Form.PUSH: 0, Form.GLOG: None}[form]
    if place is None or len(after) <= place or not _STATUS.fullmatch(after[place]):
        return None
    return int(after[place])
