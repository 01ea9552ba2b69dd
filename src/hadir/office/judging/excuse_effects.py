"""What an excuse changes, person by person: the verdicts without it and with it, judged side by side.

Of everybody whom an outage concerns most are not touched by it: whoever was on time in any case, and whoever left no
trace and has no head's word. The database tells those apart; only the others are judged. An excuse of named people is
judged for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Q

from hadir.office.excuses.covering import Cover, Word, cover_of, days_of, person_days
from hadir.office.excuses.kinds import Scope
from hadir.office.excuses.models import Excuse
from hadir.office.judging.facts import PersonDay
from hadir.office.judging.judging import JudgeContext, Judged, PersonDayKey
from hadir.office.judging.readings import Readings
from hadir.office.people.models import Person
from hadir.office.people.queries import homes_of, people_below
from hadir.office.projection.models import Punch, VerdictRow
from hadir.rules.clocks import local_day


@dataclass(frozen=True, slots=True)
class ExcuseChange:
    """One person-day whose verdict the excuse changes."""

    person: Person
    day: date
    halves: list[tuple[str, dict[str, Any], dict[str, Any]]]
    """The code of the side, and its headlines before and after."""
    deduction_before: str
    deduction_after: str


@dataclass(frozen=True, slots=True)
class Part:
    """Which of the person-days are judged: the `number`th lot of so many, by default as many as fit on a screen."""

    number: int = 1
    days: int = 60

    @property
    def cut(self) -> slice:
        return slice((self.number - 1) * self.days, self.number * self.days)


ON_PAPER = Part(days=600)
"""An excuse may touch more; the paper says so."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What an excuse does. `people` are all whom it concerns in the reader's sight, `days` their person-days; `silent`
    are those of them without a trace on the day, whom only a head's word lets it cover.
    """

    people: int
    days: int
    changes: list[ExcuseChange]
    open_days: int = 0
    """Person-days that it may change; of them those of this part were judged."""
    part: Part = Part()
    silent: int = 0
    beyond: int = 0
    """People whom it concerns besides, out of the reader's sight."""

    @property
    def is_cut(self) -> bool:
        """Whether `changes` are not all of them."""
        return self.open_days > self.part.days

    @property
    def judged(self) -> int:
        return len(range(self.open_days)[self.part.cut])

    @property
    def before(self) -> int | None:
        return self.part.number - 1 if self.part.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.part.number + 1 if self.part.number * self.part.days < self.open_days else None


@dataclass(frozen=True, slots=True)
class AsIf:
    """What is supposed: that this person approves it alone, that these heads' words stand."""

    approver: int | None = None
    words: tuple[Word, ...] = ()

    def cover(self, row: Excuse) -> Cover:
        cover = cover_of(row)
        alone = {self.approver} if self.approver is not None and row.approved_by_id is None else set()
        return replace(cover, words=(*cover.words, *self.words), but_for=cover.but_for | alone)


@dataclass(frozen=True, slots=True)
class Concerned:
    """The person-days that an excuse concerns, of the people in a reader's sight; `beyond` are the others."""

    days: list[PersonDayKey]
    beyond: int = 0

    @classmethod
    def below(cls, paths: Sequence[str], row: Excuse) -> Concerned:
        all_days = list(person_days(row))
        in_sight = set(people_below(paths, min(days_of(row))).values_list("number", flat=True))
        days = [(person, day) for person, day in all_days if person in in_sight]
        return cls(days, len({person for person, _ in all_days} - in_sight))


def effects(  # noqa: PLR0913 - whose, when, supposing what, and how much of it
    context: JudgeContext,
    row: Excuse,
    whom: Concerned,
    *,
    now_ms: int,
    as_if: AsIf = AsIf(),
    part: Part = Part(),
) -> Effects:
    """The excuse's effect on these people, up to now."""
    cover = as_if.cover(row)
    chosen = Chosen.of(cover, row, whom, part)
    return chosen.effects(cover, Readings.of(context, row.number, chosen.days, now_ms).counting(context, cover))


@dataclass(frozen=True, slots=True)
class Chosen:
    """The days of a part that an excuse may change, before they are judged."""

    whom: Concerned
    days: list[PersonDayKey]
    open_days: int
    silent: int
    part: Part

    @classmethod
    def of(cls, cover: Cover, row: Excuse, whom: Concerned, part: Part) -> Chosen:
        open_days, silent = _sorted(cover, row, whom.days)
        return cls(whom, open_days[part.cut], len(open_days), silent, part)

    def effects(self, cover: Cover, readings: Readings) -> Effects:
        return Effects(
            people=len({person for person, _ in self.whom.days}),
            days=len(self.whom.days),
            changes=_compare(readings, cover, self.days),
            open_days=self.open_days,
            part=self.part,
            silent=self.silent,
            beyond=self.whom.beyond,
        )


def _sorted(cover: Cover, row: Excuse, days: Sequence[PersonDayKey]) -> tuple[list[PersonDayKey], int]:
    """The days that it may change, and how many people it cannot cover without a head's word."""
    if row.scope == Scope.PEOPLE:
        return list(days), 0  # also of whoever was on time: a whole day of leave makes it another day
    dates = {day for _, day in days}
    on_time = VerdictRow.objects.filter(body__arrival__status="on_time", body__departure__status="on_time")
    settled = set(on_time.filter(day__in=dates).values_list("person", "day"))
    seen = set(Punch.objects.filter(day__in=dates).values_list("person", "day").distinct())
    silent = {key for key in days if key not in seen}
    spoken = _spoken_for(cover, silent)
    open_days = [key for key in days if key not in settled and (key in seen or key in spoken)]
    return open_days, len({person for person, _ in silent - spoken})


def _spoken_for(cover: Cover, silent: set[PersonDayKey]) -> set[PersonDayKey]:
    """Of those without a trace, the ones that the cover reaches by a head's word."""
    if not cover.words:
        return set()
    below = Q(pk__in=())
    for word in cover.words:
        below |= Q(assignments__unit__path__startswith=word.path, assignments__withdrawn_at_ms=None)
    people = set(Person.objects.filter(below).values_list("number", flat=True)) & {person for person, _ in silent}
    found: set[PersonDayKey] = set()
    for day in {day for _, day in silent}:
        homes = homes_of(people, day)
        found |= {
            (person, day)
            for person, home in homes.items()
            if cover.covers(person, home.path, day, local_day(day, home.zone), has_trace=False)
        }
    return found & silent


def _compare(readings: Readings, cover: Cover, days: Sequence[PersonDayKey]) -> list[ExcuseChange]:
    keys = [key for key in days if (where := readings.ready.places.get(key)) and _may_change(where, readings, cover)]
    before, after = (readings.judged(keys, one) for one in (None, cover))
    found = [
        change_between(readings.people[person], day, before[person, day], after[person, day]) for person, day in keys
    ]
    return sorted((one for one in found if one), key=lambda one: (one.day, one.person.full_name))


def _may_change(where: PersonDay, readings: Readings, cover: Cover) -> bool:
    if where.duty_day is None or where.duty_day.start_ms > readings.now_ms:
        return False
    return readings.covered(where, cover)


def change_between(person: Person, day: date, judged_before: Judged, judged_after: Judged) -> ExcuseChange | None:
    """What is another word or another percentage in the second verdict; None where nothing is."""
    before, after = judged_before.body, judged_after.body
    is_other_day = any(before[name] != after[name] for name in ("code", "deduction_percent"))
    halves = [
        (f"side.{side}", before[side]["headline"], after[side]["headline"])
        for side in ("arrival", "departure")
        if is_other_day or before[side]["headline"] != after[side]["headline"]
    ]
    if not halves:
        return None
    return ExcuseChange(
        person=person,
        day=day,
        halves=halves,
        deduction_before=before["deduction_percent"],
        deduction_after=after["deduction_percent"],
    )
