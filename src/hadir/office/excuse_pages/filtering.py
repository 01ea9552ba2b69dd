"""Which excuses of a unit's list a reader wants to see, as the address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet

from hadir.office.excuses.kinds import ExcuseState, absence_kinds
from hadir.office.excuses.models import Excuse
from hadir.office.page.asked import month_asked
from hadir.office.page.lists import Addressed, one_of
from hadir.rules.clocks import local_day


@dataclass(frozen=True, slots=True)
class ListFilter(Addressed):
    """What is not said, or said wrongly, filters nothing."""

    kind: str = ""
    state: str = ""
    first: date | None = None
    """The first day of a month in which the excuse must hold on some day."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> ListFilter:
        kinds = {kind.value for kind in absence_kinds()}
        return cls(
            one_of(given, "jenis", kinds), one_of(given, "keadaan", ExcuseState.values), _month(given.get("bulan", ""))
        )

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
        return any(self.parts.values())

    @property
    def parts(self) -> Mapping[str, object]:
        return {"jenis": self.kind, "keadaan": self.state, "bulan": f"{self.first:%Y-%m}" if self.first else ""}


def _month(text: str) -> date | None:
    """`2026-11`, as browsers send it, or `11/2026`, as people type it where the browser has no field for months."""
    month, typed, year = text.strip().partition("/")
    return month_asked(f"{year}-{month:0>2}" if typed else text)
