"""What people type about months, and what stands in the address of a list. Errors are codes of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from django import forms

from hadir.office.month_pages.recap import Row
from hadir.office.page.fields import DayField
from hadir.office.page.forms import MESSAGES, REASON_LENGTH_MAX, text

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
class Filter:
    """What the address says of the list."""

    which: Which | None = None
    search: str = ""
    alone: bool = False
    """Only of the unit itself, without those below it."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        which = given.get("saring", "")
        return cls(
            which=Which(which) if which in set(Which) else None,
            search=given.get("cari", "").strip()[:_SEARCH_LENGTH_MAX],
            alone=bool(given.get("sendiri")),
        )

    def of(self, rows: Sequence[Row]) -> list[Row]:
        wanted = self.search.casefold()
        return [
            row
            for row in rows
            if (self.which is None or self.which.has(row)) and (wanted in row.name.casefold() or wanted in row.nip)
        ]

    def query(self, **changes: str | int | None) -> str:
        """The address of this list with changes."""
        members: dict[str, str | int | None] = {
            "saring": self.which.value if self.which else None,
            "cari": self.search or None,
            "sendiri": "ya" if self.alone else None,
            **changes,
        }
        return "?" + urlencode({name: value for name, value in members.items() if value})


class CloseForm(forms.Form):
    """Until when the undecided days are to be decided; a word about it if one likes."""

    due = DayField(error_messages=MESSAGES)
    reason = text(REASON_LENGTH_MAX)
