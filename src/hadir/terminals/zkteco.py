"""ZKTeco and its other names: `1_attlog.dat` from a stick, and what the same terminals send over the network.

* **attlog**: no header, tab-separated, the time first and the rest counted from it: the device's number, the key, the
  way of verifying;
* **push**: as attlog, but without the device's number, so that the key stands directly behind the time.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from hadir.terminals.reading import FileFault, FileRefusedError, Rows, VendorReader, time_place

_ATTLOG, _PUSH = "attlog", "push"
_KEYS = frozenset({"0", "1", "2", "3", "4", "5", "255"})
_KEY = re.compile(r"\d{1,3}", re.ASCII)
#: Behind the time: device, key, way of verifying, work code.
_STICK_CELLS_MAX = 4


def _claims(form: str, rows: Rows, time_column: int) -> bool:
    return _form([cells for cells in rows if time_place(cells) == time_column], time_column) == form


def _form(rows: Rows, time_column: int) -> str | None:
    """Whether a device's number or the key stands directly behind the time.

    A file from a stick has at most four cells behind the time, and its device's number is the same in every line: 1 on
    every terminal that was seen. What a terminal pushes has more cells, or a key there, which changes over a day.
    None where neither is plain: a key that is taken for another makes an arrival a departure.
    """
    behind = [_without_blank_end(cells[time_column + 1 :]) for cells in rows]
    width = Counter(map(len, behind)).most_common(1)[0][0]  # a line that was cut or glued decides nothing
    if width > _STICK_CELLS_MAX:
        return _PUSH
    first = {cells[0] for cells in behind if len(cells) == width and cells}
    if first <= {"1"} or (len(first) == 1 and not first <= _KEYS):
        return _ATTLOG
    return _PUSH if first <= _KEYS and (len(first) > 1 or first <= {"0", "255"}) else None


def _without_blank_end(cells: Sequence[str]) -> Sequence[str]:
    """Some terminals end each line with a tab."""
    return cells[:-1] if cells and not cells[-1] else cells


def _pin_column(rows: Rows, time_column: int) -> int:
    """The cell before the time; with two cells before it, one of them is a name or a running number."""
    if time_column == 0:
        raise FileRefusedError(FileFault.COLUMNS_OPEN)
    if time_column == 1:
        return 0
    if all(not cells[1].isdecimal() for cells in rows):
        return 0
    numbers = [int(cells[0]) for cells in rows if cells[0].isdecimal()]
    if len(numbers) == len(rows) > 1 and all(b == a + 1 for a, b in pairwise(numbers)):  # a running number
        return time_column - 1
    raise FileRefusedError(FileFault.COLUMNS_OPEN)


def _key_at(place: int, behind: Sequence[str]) -> int | None:
    """The key: in attlog behind the device's number, in push directly behind the time."""
    return int(behind[place]) if len(behind) > place and _KEY.fullmatch(behind[place]) else None


ATTLOG = VendorReader(form=_ATTLOG, claims=partial(_claims, _ATTLOG), pin_column=_pin_column, key=partial(_key_at, 1))
PUSH = VendorReader(form=_PUSH, claims=partial(_claims, _PUSH), pin_column=_pin_column, key=partial(_key_at, 0))
