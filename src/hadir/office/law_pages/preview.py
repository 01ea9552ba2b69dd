"""What an act of law would do, before anybody makes it: whom it concerns, and which days it changes.

The law of each day is worked out twice from the same facts, without the act and with it as if two people stood behind
it. Nothing is written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import TypeVar

from django.db.models import Q

from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct, Membership
from hadir.office.ground.installation import HERE
from hadir.office.ground.rows import grouped
from hadir.office.judging.law_facts import LawDay, LawFacts, gather_law
from hadir.office.people.models import Assignment, AssignmentKind, Person
from hadir.office.units.models import Unit
from hadir.records.days import local

DAYS_MAX = 62
JUDGED_MAX = 400
"""People whose days are worked out for one page; the page says when there are more."""
NAMES_MAX = 60
DAYS_SHOWN_MAX = 40
_NUMBER = 2**62
_DAY = timedelta(days=1)


_Word = TypeVar("_Word")


@dataclass(frozen=True, slots=True)
class Owing:
    """What a day asks, as a page tells it: the hours, or the code of the reason why nothing; further words as codes."""

    hours: tuple[tuple[time, time], ...]
    off: str = ""
    words: tuple[str, ...] = ()
    modes: tuple[tuple[str, str], ...] = ()
    """Codes of a source and of whose word the direction of its records is."""


@dataclass(frozen=True, slots=True)
class OwingChange:
    """`people` for whom the day changes from one thing to another."""

    day: date
    before: Owing
    after: Owing
    people: int
    new_words: tuple[str, ...]
    gone_words: tuple[str, ...]
    new_modes: tuple[tuple[str, str], ...]
    gone_modes: tuple[tuple[str, str], ...]


def _beyond(ours: tuple[_Word, ...], theirs: tuple[_Word, ...]) -> tuple[_Word, ...]:
    """Those that the other one lacks."""
    return tuple(one for one in ours if one not in theirs)


@dataclass(frozen=True, slots=True)
class Preview:
    people: int
    names: list[str]
    changes: list[OwingChange]
    """The first of them, by day."""
    days: int
    """How many days change for anybody, within the days looked at."""
    looked_until: date
    is_cut: bool
    """Whether not everybody's days were worked out."""
    has_begun: bool
    """Whether a day of it has begun, so that a second person must agree before it holds there."""
    needs_two: bool


def reaches_nobody(draft: LawAct) -> bool:
    """Whether there is nobody for whom the draft would hold on any of its days."""
    return not Person.objects.filter(number__in=_homes(draft, max(draft.from_date, date(1900, 1, 2)))).exists()


def preview(draft: LawAct, *, today: date, now_ms: int) -> Preview:
    """What the draft would do."""
    first = draft.from_date
    last = min(draft.until_date or date.max, first + DAYS_MAX * _DAY)
    homes = _homes(draft, max(first, date(1900, 1, 2)))
    people = list(Person.objects.filter(number__in=homes).order_by("full_name", "number"))
    judged = dict(sorted(homes.items())[:JUDGED_MAX])
    days = [first + at * _DAY for at in range((last - first).days)]
    changes = _changes(draft, judged, days, now_ms)
    return Preview(
        people=len(people),
        names=[one.titled_name for one in people[:NAMES_MAX]],
        changes=changes[:DAYS_SHOWN_MAX],
        days=len({one.day for one in changes}),
        looked_until=last - _DAY,
        is_cut=len(homes) > JUDGED_MAX,
        has_begun=first <= today,
        needs_two=draft.kind == LawKind.DISPENSATION,
    )


def _homes(draft: LawAct, on: date) -> dict[int, Unit]:
    """Whom the draft concerns, each with his home on its first day."""
    rows = Assignment.objects.on(on).filter(kind=AssignmentKind.HOME).select_related("unit")
    if draft.person is not None:
        rows = rows.filter(person=draft.person.number)
    if draft.unit is not None:
        rows = rows.filter(unit__path__startswith=draft.unit.path)
    if draft.group is not None:
        until = Q(until_date=None) | Q(until_date__gt=draft.from_date)
        members = Membership.objects.current().filter(
            until, group=draft.group, from_date__lt=draft.until_date or date.max
        )
        rows = rows.filter(person__in=members.values("person"))
    return {row.person_id: row.unit for row in rows}


def _changes(draft: LawAct, homes: dict[int, Unit], days: Sequence[date], now_ms: int) -> list[OwingChange]:
    if not homes or not days:
        return []
    rows = Membership.objects.current().filter(person__in=homes)
    without = replace(
        gather_law(HERE.settings.policies, days, homes), memberships=grouped(rows, lambda row: row.person_id)
    )
    within = _with(without, draft, now_ms)
    found: dict[date, Counter[tuple[Owing, Owing]]] = defaultdict(Counter)
    for day in days:
        for person, unit in homes.items():
            who = without.who(person, unit, day, held=True)
            before, after = (_owing(facts.law(who, day), unit.zone) for facts in (without, within))
            if before != after:
                found[day][before, after] += 1
    return [
        OwingChange(
            day=day,
            before=before,
            after=after,
            people=people,
            new_words=_beyond(after.words, before.words),
            gone_words=_beyond(before.words, after.words),
            new_modes=_beyond(after.modes, before.modes),
            gone_modes=_beyond(before.modes, after.modes),
        )
        for day, pairs in sorted(found.items())
        for (before, after), people in pairs.most_common()
    ]


def _with(facts: LawFacts, draft: LawAct, now_ms: int) -> LawFacts:
    """The facts as if the act had been made and agreed to."""
    row = LawAct(
        number=_NUMBER, kind=draft.kind, unit=draft.unit, group=draft.group, person=draft.person,
        body=draft.body, document=draft.document, article=draft.article, from_date=draft.from_date,
        until_date=draft.until_date, recorded_at_ms=now_ms, made_at_ms=now_ms, made_by_id=1, also_by_id=2,
    )  # fmt: skip
    kind = LawKind(draft.kind)
    known = [*facts.acts.get(kind, ()), row]
    acts = {**facts.acts, kind: sorted(known, key=lambda act: (act.from_date, act.number))}
    personal = facts.personal | ({draft.person.number} if draft.person else set())
    return facts.under(acts, personal)


def _owing(law: LawDay | None, zone: str) -> Owing:
    if law is None:
        return Owing((), off="law.preview.no_law")
    owed = law.owed
    words = [law.policy.version.name, *(f"{one.code} {one.name}" for one in law.ceremonies)]
    words += [one.code for one in law.dispensations]
    words += [day.code for day in owed.days if day.code]
    rules = law.policy.pairing.modes
    modes = sorted((f"source.{source.value}", f"law.word.pairing_mode.{mode.value}") for source, mode in rules.items())
    hours = tuple((local(day.start_ms, zone).time(), local(day.end_ms, zone).time()) for day in owed.days)
    off = f"law.off.{owed.off.reason.code.value.rpartition('.')[2]}" if owed.off else ""
    return Owing(hours, off=off, words=tuple(words), modes=tuple(modes))
