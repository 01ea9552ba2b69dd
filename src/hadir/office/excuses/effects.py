"""What an excuse changes, person by person: the verdicts without it and with it, judged side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from hadir.office.excuses.covering import cover_of, person_days
from hadir.office.follower.facts import gather
from hadir.office.follower.judging import judge_with, person_day, punches_of
from hadir.office.follower.models import VerdictRow
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from hadir.office.excuses.covering import Cover
    from hadir.office.excuses.models import Excuse
    from hadir.office.follower.facts import Facts
    from hadir.office.follower.judging import Court, PersonDayKey
    from hadir.office.follower.models import Punch

JUDGED_MAX = 2_000
"""Person-days judged for one page. An excuse may touch more; the page says so."""
_SETTLED = frozenset({"on_time"})


@dataclass(frozen=True, slots=True)
class HalfChange:
    """One half of a day, as headlines, before and after."""

    side: str
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def side_code(self) -> str:
        return f"side.{self.side}"


@dataclass(frozen=True, slots=True)
class Change:
    """One person-day whose verdict the excuse changes."""

    person: Person
    day: date
    halves: list[HalfChange]
    deduction_before: str
    deduction_after: str


@dataclass(frozen=True, slots=True)
class Effects:
    """What an excuse does. `people` are all whom it covers in the reader's sight, `days` their person-days."""

    people: int
    days: int
    changes: list[Change]
    is_cut: bool


def effects(court: Court, row: Excuse, *, paths: Sequence[str], approver: int | None, now_ms: int) -> Effects:
    """The excuse's effect on people below `paths`, up to now; `approver`, as whoever would approve it, is left out."""
    zone = row.unit.zone if row.unit else court.site.zone
    all_days = list(person_days(row, zone))
    in_sight = set(people_below(paths, min(day for _, day in all_days)).values_list("number", flat=True))
    days = [(person, day) for person, day in all_days if person in in_sight]
    open_days = _unsettled(days)
    judged = list(islice(open_days, JUDGED_MAX))
    changes = _compare(court, _as_if(row, approver), judged, now_ms)
    return Effects(
        people=len({person for person, _ in days}), days=len(days), changes=changes, is_cut=len(open_days) > JUDGED_MAX
    )


def _as_if(row: Excuse, approver: int | None) -> Cover:
    cover = cover_of(row)
    return replace(cover, but_for=cover.but_for | {approver}) if approver and row.approved_by_id is None else cover


def _unsettled(days: Sequence[PersonDayKey]) -> list[PersonDayKey]:
    """Without those days whose halves were on time in any case: nothing can make them milder."""
    rows = VerdictRow.objects.filter(day__in={day for _, day in days}).values_list("person", "day", "body")
    settled = {
        (person, day)
        for person, day, body in rows
        if body["arrival"] and {body["arrival"]["status"], body["departure"]["status"]} <= _SETTLED
    }
    return [key for key in days if key not in settled]


def _compare(court: Court, cover: Cover, days: Sequence[PersonDayKey], now_ms: int) -> list[Change]:
    if not days:
        return []
    punches = punches_of(days)
    flat = [punch for found in punches.values() for punch in found]
    facts = gather(flat, {person for person, _ in days}, {day for _, day in days}, policies=court.policies)
    others = tuple(one for one in facts.covers if one.number != cover.number)
    without, within = replace(facts, covers=others), replace(facts, covers=(*others, cover))
    people = Person.objects.in_bulk({person for person, _ in days})
    found = [
        _change(
            court, people[person], day, punches.get((person, day), []), without=without, within=within, now_ms=now_ms
        )
        for person, day in days
    ]
    return sorted((one for one in found if one), key=lambda one: (one.day, one.person.full_name))


def _change(  # noqa: PLR0913 - the two sides of a comparison
    court: Court,
    person: Person,
    day: date,
    punches: list[Punch],
    *,
    without: Facts,
    within: Facts,
    now_ms: int,
) -> Change | None:
    where = person_day(without, person.number, day)
    if where is None or where.duty_day is None or where.duty_day.start_ms > now_ms:
        return None
    before = judge_with(court, without, where, punches, now_ms).body
    after = judge_with(court, within, where, punches, now_ms).body
    halves = [
        HalfChange(side=side, before=before[side]["headline"], after=after[side]["headline"])
        for side in ("arrival", "departure")
        if before[side]["headline"] != after[side]["headline"]
    ]
    if not halves:
        return None
    return Change(
        person=person,
        day=day,
        halves=halves,
        deduction_before=before["deduction_percent"],
        deduction_after=after["deduction_percent"],
    )
