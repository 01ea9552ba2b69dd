"""FK and Fingerspot: `AGL_001.TXT`. A header line, tab-separated; `EnNo` holds the number of the person.

The columns before the time mean something else on each firmware, and are left alone: such a file knows no key.
"""

from hadir.terminals.reading import Rows, VendorReader, time_place

_ENNO = "enno"


def _claims(rows: Rows, time_column: int) -> bool:  # noqa: ARG001 - a reader's shape
    return bool(rows) and _ENNO in (cell.lower() for cell in rows[0])


def _pin_column(rows: Rows, time_column: int) -> int:
    """Some firmware writes a nameless column into the header that no row has."""
    names = [name.lower() for name in rows[0]]
    first = next(cells for cells in rows[1:] if time_place(cells) == time_column)
    if len(names) > len(first):
        names = [name for name in names if name]
    return names.index(_ENNO)


GLOG = VendorReader(form="glog", claims=_claims, pin_column=_pin_column, has_header=True, zero_is_nobody=True)
