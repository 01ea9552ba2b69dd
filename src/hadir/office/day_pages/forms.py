from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from hadir.office.day_pages.groups import Group
from hadir.office.page.asked import day_asked, number_asked

SEARCH_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address says about the list. Nonsense in it is left out, never an error."""

    day: date
    is_today: bool
    group: Group | None
    search: str
    person: int | None
    page: int = 1

    @classmethod
    def read(cls, params: Mapping[str, str], today: date) -> Filter:
        day = _date(params.get("tanggal", ""), today)
        group = params.get("saring", "")
        person = params.get("orang", "")
        return cls(
            day=day,
            is_today=day == today,
            group=Group(group) if group in set(Group) else None,
            search=params.get("cari", "").strip()[:SEARCH_LENGTH_MAX],
            person=_number(person),
            page=_number(params.get("hal", "")) or 1,
        )

    def query(self, **changes: object) -> str:
        """The address's query with some of it changed; `None` takes a part away."""
        parts: dict[str, object] = {
            "tanggal": None if self.is_today else self.day.isoformat(),
            "saring": self.group.value if self.group else None,
            "cari": self.search or None,
            "orang": self.person,
            "hal": self.page if self.page > 1 else None,
            **changes,
        }
        kept = {name: value for name, value in parts.items() if value is not None}
        return f"?{urlencode(kept)}" if kept else "?"


def _number(text: str) -> int | None:
    return number_asked(text)


def _date(text: str, otherwise: date) -> date:
    return day_asked(text) or otherwise
