"""What people type about months, and what stands in the address of a list. Errors are codes of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django import forms

from hadir.office.month_pages.recap import Row
from hadir.office.page.fields import DayField
from hadir.office.page.forms import MESSAGES, REASON_LENGTH_MAX, text
from hadir.office.page.lists import Addressed, one_of, searched

_SEARCH_LENGTH_MAX = 60


class Which(StrEnum):
    """Which rows a reader wants to see. Texts: `months.which.<value>`."""

    DEDUCTED = "potongan"
    UNDECIDED = "menunggu"
    UNPROVEN = "bukti"
    WARNED = "peringatan"
    ADJUSTED = "penyesuaian"

    def has(self, row: Row) -> bool:
        return bool(
            {
                Which.DEDUCTED: row.settlement.of_allowance,
                Which.UNDECIDED: row.recap.undecided,
                Which.UNPROVEN: row.unproven,
                Which.WARNED: row.warned,
                Which.ADJUSTED: row.adjustments,
            }[self]
        )


@dataclass(frozen=True, slots=True)
class Filter(Addressed):
    """What the address says of the list."""

    which: Which | None = None
    search: str = ""
    alone: bool = False
    """Only of the unit itself, without those below it."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        which = one_of(given, "saring", set(Which))
        return cls(
            which=Which(which) if which else None,
            search=searched(given, _SEARCH_LENGTH_MAX),
            alone=bool(given.get("sendiri")),
        )

    def of(self, rows: Sequence[Row]) -> list[Row]:
        wanted = self.search.casefold()
        return [
            row
            for row in rows
            if (self.which is None or self.which.has(row)) and (wanted in row.name.casefold() or wanted in row.nip)
        ]

    @property
    def parts(self) -> Mapping[str, object]:
        which = self.which.value if self.which else None
        return {"saring": which, "cari": self.search, "sendiri": "ya" if self.alone else None}


class CloseForm(forms.Form):
    """Until when the undecided days are to be decided; a word about it if one likes."""

    due = DayField(error_messages=MESSAGES)
    reason = text(REASON_LENGTH_MAX)
