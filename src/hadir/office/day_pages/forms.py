from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hadir.office.day_pages.groups import Group
from hadir.office.page.asked import day_asked, number_asked
from hadir.office.page.lists import Addressed, one_of, searched

SEARCH_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Filter(Addressed):
    """What the address says about the list. Nonsense in it is left out, never an error."""

    day: date
    is_today: bool
    group: Group | None
    search: str
    person: int | None

    @classmethod
    def read(cls, params: Mapping[str, str], today: date) -> Filter:
        day = _date(params.get("tanggal", ""), today)
        group = one_of(params, "saring", set(Group))
        return cls(
            day=day,
            is_today=day == today,
            group=Group(group) if group else None,
            search=searched(params, SEARCH_LENGTH_MAX),
            person=number_asked(params.get("orang", "")),
        )

    @property
    def parts(self) -> Mapping[str, object]:
        return {
            "tanggal": None if self.is_today else self.day.isoformat(),
            "saring": self.group.value if self.group else None,
            "cari": self.search or None,
            "orang": self.person,
        }


def _date(text: str, otherwise: date) -> date:
    return day_asked(text) or otherwise
