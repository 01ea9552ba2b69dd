"""One XLSX file from standard input, the rows of its first sheet to standard output: a program with little memory.

An XLSX file is a zip of XML, and what its XML comes to in memory cannot be told from its size: eight kilobytes were
seen to need half a gigabyte. So openpyxl works in a process whose memory and processor time the kernel limits; the
worst file ends this process, and nothing else (`table.py`).

Each row is a line of JSON, a list of texts. The last line is an object: `{"fault": ...}`, null for none.
"""

import io
import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

MEMORY_BYTES_MAX = 448 * 1024 * 1024
CPU_SECONDS_MAX = 20
UNPACKED_BYTES_MAX = 64 * 1024 * 1024
PARTS_MAX = 200
CELL_LENGTH_MAX = 500
TEXT_LENGTH_MAX = 24 * 1024 * 1024
"""Of all rows together, so that whoever reads them has a limit too."""
_EXACT_DIGITS_MAX = 15
_DECIMALS = 5


def main() -> None:
    """Arguments: the most rows and the most columns of it that are read."""
    _limit()
    rows_max, columns_max = (int(given) for given in sys.argv[1:3])
    fault = None
    try:
        _write(_rows(sys.stdin.buffer.read(), rows_max, columns_max))
    except (MemoryError, _TooLargeError):
        fault = "too_large"
    except _broken():
        fault = "broken"
    sys.stdout.write(json.dumps({"fault": fault}) + "\n")


def _write(rows: Iterable[list[str]]) -> None:
    written = 0
    for row in rows:
        written += sys.stdout.write(json.dumps(row) + "\n")
        if written > TEXT_LENGTH_MAX:
            raise _TooLargeError


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _TooLargeError(ValueError):
    pass


def _broken() -> tuple[type[Exception], ...]:
    """Everything that openpyxl lets through about a file that is none. Each means the same to a person."""
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - under the limits of `_limit`

    return (
        zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, EOFError, KeyError, IndexError, TypeError,
        ValueError, AttributeError, ArithmeticError, RuntimeError, OSError,
    )  # fmt: skip


def _rows(data: bytes, rows_max: int, columns_max: int) -> Iterator[list[str]]:
    """The first sheet, streamed: no more than our rows and columns of it are ever laid out."""
    from openpyxl import load_workbook  # noqa: PLC0415 - under the limits of `_limit`

    _check_size(data)
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    for row in book.worksheets[0].iter_rows(max_row=rows_max, max_col=columns_max, values_only=True):
        yield [_cell(value) for value in row]


def _check_size(data: bytes) -> None:
    """What a zip says of its size is what Python unpacks at most: a small file cannot become a large one."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = packed.infolist()
        if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
            raise _TooLargeError


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return str(value)[:CELL_LENGTH_MAX]


def _number(value: float) -> str:
    """A spreadsheet keeps fifteen digits: a longer number has lost its end, and must not look whole."""
    if abs(value) >= 10**_EXACT_DIGITS_MAX:
        return f"{value:.{_DECIMALS}E}"
    return str(int(value)) if value == int(value) else str(value)


if __name__ == "__main__":
    main()
