"""The files that fingerprint machines write to a USB stick: bytes in, numbered lines out. Nothing here does I/O.

A whole file is looked at once, for its `Layout`: what one line leaves open (its form, encoding, columns, the order of
day and month) is decided for all lines together and never line by line. With the layout, `read_line` reads any single
line again, so a journal that keeps exact lines needs nothing else. The forms are those of the readers (`readers.py`,
docs/terminals.md).

A line that cannot be read is a `LineFault` with its number, and costs no other line.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, time

from hadir.terminals.readers import BY_FORM, READERS
from hadir.terminals.reading import (
    FILE_BYTES_MAX,
    LINE_BYTES_MAX,
    PIN_LENGTH_MAX,
    YEAR_MIN,
    DateOrder,
    Encoding,
    FileFault,
    FileRefusedError,
    LineFault,
    VendorReader,
    date_order,
    shown,
    time_place,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a whole file settles for each of its lines. Columns count from 0."""

    #: The name of its reader.
    form: str
    encoding: Encoding
    dates: DateOrder
    pin_column: int
    time_column: int

    @property
    def text(self) -> str:
        """One line of text, to be kept beside the file's hash: `attlog utf-8 ymd 0 1`."""
        return f"{self.form} {self.encoding} {self.dates} {self.pin_column} {self.time_column}"

    @classmethod
    def parse(cls, text: str) -> "Layout":
        """The layout that `text` stands for. ValueError for anything that `Layout.text` does not write."""
        form, encoding, dates, pin_column, time_column = text.split(" ")
        if form not in BY_FORM:
            raise ValueError(f"no reader for {form}")
        return cls(
            form=form,
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


def read_file(data: bytes, *, dates: DateOrder | None = None, lines_max: int | None = None) -> ReadFile:
    """Every line of the file.

    `dates` is the answer of a person where the file leaves open whether the day or the month comes first. Raises
    FileRefusedError for what is no such file, for a question that only a person can answer, and for more lines than
    `lines_max`, before any of them is read.
    """
    if len(data) > FILE_BYTES_MAX:
        raise FileRefusedError(FileFault.TOO_LARGE)
    if data.startswith(_BINARY_GLOG):
        raise FileRefusedError(FileFault.BINARY)
    encoding, body = _encoding(data)
    if lines_max is not None and body.count("\n".encode(encoding)) > lines_max:
        raise FileRefusedError(FileFault.TOO_MANY_LINES)
    lines = _split(body, encoding)
    if lines_max is not None and len(lines) > lines_max:
        raise FileRefusedError(FileFault.TOO_MANY_LINES)
    layout = _layout([raw for _, raw in lines], encoding, dates)
    content = lines[1:] if BY_FORM[layout.form].has_header else lines
    return ReadFile(layout, tuple(NumberedLine(number, raw, read_line(raw, layout)) for number, raw in content))


def read_line(raw: bytes, layout: Layout) -> ParsedLine | LineFault:
    """One line of a file whose layout is known. Total: any bytes have an answer."""
    if len(raw) > LINE_BYTES_MAX:
        return LineFault.TOO_LONG
    reader = BY_FORM[layout.form]
    cells = reader.cells(raw, layout.encoding)
    place = time_place(cells)
    if place is None:
        return LineFault.NO_TIME
    if place != layout.time_column or layout.pin_column >= len(cells):
        return LineFault.OTHER_SHAPE
    found = shown(cells[place], layout.dates)
    if found is None:
        return LineFault.NO_SUCH_TIME
    if found[0].year < YEAR_MIN:
        return LineFault.CLOCK_LOST
    pin = cells[layout.pin_column]
    return _pin_fault(pin, reader) or ParsedLine(
        pin=pin, day=found[0], clock=found[1], status=reader.key(cells[place + 1 :])
    )


def without_names(raw: bytes, layout: Layout) -> bytes:
    """The line as it may be kept for ever: cells with anything but figures are emptied; PIN, time and keys stay.

    Terminals write the names of people into their files, and a leaf of a journal cannot be erased. `read_line` gives
    the same for the result as for `raw`; a line that holds no letters besides its PIN and time comes back as it is.
    """
    text = raw.decode(layout.encoding, "replace")
    reader, kept = BY_FORM[layout.form], (layout.pin_column, layout.time_column)
    cells = text.split(reader.separator)
    bare = [
        cell if place in kept or _FIGURES.fullmatch(cell) or cell.strip() in reader.key_words else ""
        for place, cell in enumerate(cells)
    ]
    return raw if bare == cells else reader.separator.join(bare).encode(layout.encoding)


# --- the file as a whole---------------------------------------------------------------------------------------------

_BINARY_GLOG = b"ZoucqGENLOGData"
_BOMS = (
    (b"\xff\xfe", Encoding.UTF_16_LE),
    (b"\xfe\xff", Encoding.UTF_16_BE),
    (b"\xef\xbb\xbf", Encoding.UTF_8),
)


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
        rows = [_NULS.split(row) for row in body.split(newline)]
    else:
        rows = [_split_wide(row, nul) for row in _split_wide(body, newline)]
    pieces = [(number, piece.removesuffix(end)) for number, row in enumerate(rows, 1) for piece in row]
    return [(number, piece) for number, piece in pieces if piece.decode(encoding, "replace").strip()]


def _split_wide(body: bytes, separator: bytes) -> list[bytes]:
    """As `bytes.split`, but only at whole two-byte units."""
    cuts = [place for place in range(0, len(body) - 1, 2) if body[place : place + 2] == separator]
    starts = [0, *(cut + 2 for cut in cuts)]
    return [body[start:cut] for start, cut in zip(starts, [*cuts, len(body)], strict=True)]


def _layout(raws: list[bytes], encoding: Encoding, dates: DateOrder | None) -> "Layout":
    """The first reader of the table that claims the file reads it."""
    if not raws:
        raise FileRefusedError(FileFault.EMPTY)
    short = [raw for raw in raws if len(raw) <= LINE_BYTES_MAX]
    has_times = False
    for reader in READERS:
        rows = [reader.cells(raw, encoding) for raw in short]
        content = rows[1:] if reader.has_header else rows
        places = Counter(place for cells in content if (place := time_place(cells)) is not None)
        has_times = has_times or bool(places)
        if not places or not reader.claims(rows, time_column := places.most_common(1)[0][0]):
            continue
        fitting = [cells for cells in content if time_place(cells) == time_column]
        return Layout(
            form=reader.form,
            encoding=encoding,
            dates=date_order([cells[time_column] for cells in fitting], dates),
            pin_column=reader.pin_column(rows if reader.has_header else fitting, time_column),
            time_column=time_column,
        )
    raise FileRefusedError(FileFault.KEYS_OPEN if has_times else FileFault.NO_TIMES)


_NULS = re.compile(rb"\0+")
_PIN = re.compile(rf"[A-Za-z0-9_.-]{{1,{PIN_LENGTH_MAX}}}")
_FIGURES = re.compile(r"[\d\s.,:/+-]*", re.ASCII)


def _pin_fault(pin: str, reader: VendorReader) -> LineFault | None:
    if not pin:
        return LineFault.NO_PIN
    if not _PIN.fullmatch(pin):
        return LineFault.BAD_PIN
    return LineFault.FAILED_TRY if reader.zero_is_nobody and not pin.strip("0") else None
