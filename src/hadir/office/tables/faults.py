"""What is wrong with a row of a file that people bring: of a staff list, an excuse list, a roster, a PIN list."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class RowFault:
    """The row's number in the file, the column that a person must repair (empty: the row), and the code of why."""

    row: int
    column: str
    code: str
    value: str = ""
    """What stands there, or, of rows that contradict each other, what both hold."""
    other: int = 0
    """The number of the other row."""

    @property
    def params(self) -> dict[str, object]:
        return {"value": self.value, "other": self.other}
