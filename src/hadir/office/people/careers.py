"""What rank and which position somebody had on a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from hadir.office.people.models import Career, CareerKind


@dataclass(frozen=True, slots=True)
class Standing:
    """A rank's code and the words of a position; empty where nobody entered one."""

    rank: str = ""
    position: str = ""


def standings(people: Collection[int], day: date, known_at_ms: int | None = None) -> dict[int, Standing]:
    """Of these people on that day; who has neither is left out. One query."""
    rows = Career.objects.on(day, known_at_ms).filter(person__in=people).order_by("from_date", "pk")
    found: dict[int, dict[str, str]] = {}
    for person, kind, value in rows.values_list("person", "kind", "value"):
        found.setdefault(person, {})[kind] = value
    return {
        person: Standing(rank=said.get(CareerKind.RANK, ""), position=said.get(CareerKind.POSITION, ""))
        for person, said in found.items()
    }
