"""Which excuses of a unit's list a reader wants to see, as the address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet

from hadir.office.excuses.kinds import AbsenceKind, State, absence_kinds
from hadir.office.excuses.models import Excuse
from hadir.rules.clocks import local_day


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What is not said, or said wrongly, filters nothing."""

    kind: str = ""
    state: str = ""
    first: date | None = None
    """The first day of a month in which the excuse must hold on some day."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> ListFilter:
        kind, state = given.get("jenis", ""), given.get("keadaan", "")
        try:
            first = _month(given.get("bulan", ""))
        except ValueError:
            first = None
        return cls(kind if AbsenceKind(kind) in absence_kinds() else "", state if state in State.values else "", first)

    def of(self, rows: QuerySet[Excuse], zone: str) -> QuerySet[Excuse]:
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.state:
            rows = rows.filter(state=self.state)
        if self.first is not None:
            after = (self.first + timedelta(days=32)).replace(day=1)
            from_ms, until_ms = local_day(self.first, zone).from_ms, local_day(after, zone).from_ms
            rows = rows.filter(from_ms__lt=until_ms, until_ms__gt=from_ms)
        return rows

    @property
    def is_any(self) -> bool:
        return bool(self.kind or self.state or self.first)

    @property
    def keep(self) -> str:
        """Members of the address of another page of the same list, each with an `&` behind it."""
        members = {"jenis": self.kind, "keadaan": self.state, "bulan": f"{self.first:%Y-%m}" if self.first else ""}
        told = urlencode({name: value for name, value in members.items() if value})
        return f"{told}&" if told else ""


def _month(text: str) -> date:
    """`2026-11`, as browsers send it, or `11/2026`, as people type it where the browser has no field for months."""
    month, typed, year = text.strip().partition("/")
    return date.fromisoformat(f"{year}-{month:0>2}-01" if typed else f"{text}-01")
