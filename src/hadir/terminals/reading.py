"""What every reader of a vendor's file stands on: faults, how days and letters are written, cells and times.

A vendor's file has lines of cells, and in each the time as a full date and time. What differs, a `VendorReader` says:
`readers.py` is the table of them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

FILE_BYTES_MAX = 64 * 1024 * 1024
LINE_BYTES_MAX = 1_000
PIN_LENGTH_MAX = 24
#: A terminal that lost its clock shows 1970, 2000 or another year of its maker's.
YEAR_MIN = 2010


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
    #: Found by whoever knows what time it is; reading knows none.
    IN_FUTURE = "in_future"


class FileFault(StrEnum):
    """Why a whole file cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_LINES = "too_many_lines"
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


#: The cells of many lines.
Rows = Sequence[Sequence[str]]


def no_key(behind: Sequence[str]) -> int | None:  # noqa: ARG001 - a reader's shape
    """For a form that does not say which key was pressed."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorReader:
    """How one form of file is read. `form` names it in the layouts that are kept: it never changes."""

    form: str
    #: Whether these lines, a header among them, with most of their times in this column, are of this form.
    claims: Callable[[Rows, int], bool]
    #: The cell that holds the person's number, given the column of the time. FileRefusedError where it is open.
    pin_column: Callable[[Rows, int], int]
    #: The key that was pressed, from the cells behind the time.
    key: Callable[[Sequence[str]], int | None] = no_key
    #: Words that stand for keys and are nobody's name: of all words they alone are kept for ever.
    key_words: frozenset[str] = frozenset()
    separator: str = "\t"
    has_header: bool = False
    #: A number of zeros stands for a finger that was not recognised.
    zero_is_nobody: bool = False

    def cells(self, raw: bytes, encoding: Encoding) -> list[str]:
        return [cell.strip() for cell in raw.decode(encoding, "replace").split(self.separator)]


# --- times -----------------------------------------------------------------------------------------------------------

# Blanks are taken without a way back (`++`): a cell of a thousand blanks costs a thousand steps, not a million.
_CLOCK = r"(?:\s++T?+|T)\s*+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*+([AaPp][Mm])?"
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})" + _CLOCK, re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})" + _CLOCK, re.ASCII)


def time_place(cells: Sequence[str]) -> int | None:
    """Which cell is the first that is written as a full date and time, whether or not there is such a day."""
    written = (place for place, cell in enumerate(cells) if _YEAR_FIRST.fullmatch(cell) or _YEAR_LAST.fullmatch(cell))
    return next(written, None)


def shown(cell: str, dates: DateOrder) -> tuple[date, time] | None:
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


def date_order(cells: list[str], answered: DateOrder | None) -> DateOrder:
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
