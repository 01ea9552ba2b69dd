from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple, TypedDict, cast

import msgspec
from django.db.models import TextField
from django.db.models.functions import Cast

from hadir.office.day_pages.groups import Body, DayGroup, group_code, group_of, headline, needs_look, tap_of, tone_of
from hadir.office.days.seeing import seen_days
from hadir.office.excuses.models import Excuse
from hadir.office.excuses.queries import waiting_notes
from hadir.office.judging.judging import JudgeContext
from hadir.office.judging.law_facts import Who, gather_law
from hadir.office.people.models import Person, titled
from hadir.office.people.queries import paths_of_people, people_below, people_in_sight
from hadir.office.projection.models import Punch, VerdictRow
from hadir.office.roles import Actor, Rule
from hadir.office.units.models import Unit
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import Source


class CountedPerson(NamedTuple):
    """One person of a day as he is counted: where he stands, and why he needs a look."""

    number: int
    name: str
    group: DayGroup
    look: list[str]
    arrival_ms: int | None


class _Half(TypedDict):
    status: str
    headline: dict[str, Any]
    tap: str | None


class _Body(TypedDict):
    """What of a stored verdict is counted; all else is passed over unread."""

    status: str
    review: str
    identity: str
    arrival: _Half | None
    taps: list[dict[str, Any]]


NAMED_MAX = 1_000
_BODY = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One person in the list of a day."""

    person: Person
    body: dict[str, Any] | None
    group: DayGroup
    look: list[str]
    is_over: bool
    notes: list[Excuse]
    """What was said of the day and is not decided yet, as far as the reader may see it."""

    @property
    def headline(self) -> dict[str, Any] | None:
        return headline(self.body) if self.body else None

    @property
    def arrival(self) -> dict[str, Any] | None:
        return tap_of(self.body, "arrival")

    @property
    def departure(self) -> dict[str, Any] | None:
        return tap_of(self.body, "departure")

    @property
    def grade(self) -> str | None:
        """The counted arrival's grade, else the departure's: the letter of its word in the catalogue."""
        halves = (self.body["arrival"], self.body["departure"]) if self.body else ()
        return next((half["grade"] for half in halves if half and half["grade"]), None)

    @property
    def grade_code(self) -> str | None:
        counted = self.arrival or self.departure
        if counted and counted.get("source") == Source.MANUAL_LIST:
            return "source.manual_list"
        return f"grade.{self.grade}" if self.grade else None

    @property
    def group_code(self) -> str:
        return group_code(self.group, is_over=self.is_over)

    @property
    def tone(self) -> str:
        """Which of the four meanings the line has; `plain` where nothing is known or owed."""
        return tone_of(self.group, self.body)

    @property
    def icon(self) -> str:
        return {"plain": "empty"}.get(self.tone, self.tone)


@dataclass(frozen=True, slots=True)
class Branch:
    """One unit below the unit looked at, with everybody in its subtree."""

    unit: Unit
    counted: Counter[DayGroup]

    @property
    def people(self) -> int:
        return self.counted.total()

    @property
    def here(self) -> int:
        return self.counted[DayGroup.PRESENT] + self.counted[DayGroup.LATE] + self.counted[DayGroup.EXCUSED]

    @property
    def late(self) -> int:
        return self.counted[DayGroup.LATE]

    @property
    def not_yet(self) -> int:
        return self.counted[DayGroup.NOT_YET]


@dataclass(frozen=True, slots=True)
class Today:
    """Everybody in sight of a unit on a day."""

    unit: Unit
    day: date
    duty: DutyDay | None
    people: list[CountedPerson]
    """Who is missing or late first, then everybody else, by name."""
    is_over: bool
    """Whether the day is past: nobody is waited for any more."""

    @property
    def counts(self) -> list[tuple[DayGroup, int]]:
        """How many stand where, in the order of the sentence; groups without anybody are left out."""
        counted = Counter(seen.group for seen in self.people)
        return [(group, counted[group]) for group in DayGroup if counted[group]]

    def branches(self) -> list[Branch]:
        """The units right below, with what is counted in each; empty where there are none. Two queries."""
        children = list(self.unit.children.order_by("name"))
        if not children:
            return []
        by_path = {f"/{child.number}": Branch(child, Counter()) for child in children}
        groups = {seen.number: seen.group for seen in self.people}
        start = len(self.unit.path) - 1
        for person, path in paths_of_people(self.unit, self.day):
            branch = by_path.get(path[start : path.find("/", start + 1)])
            if branch is not None and person in groups:
                branch.counted[groups[person]] += 1
        return [branch for branch in by_path.values() if branch.people]

    @property
    def look(self) -> list[CountedPerson]:
        return [seen for seen in self.people if seen.look]

    @property
    def arrivals_ms(self) -> list[int]:
        return [seen.arrival_ms for seen in self.people if seen.arrival_ms is not None]


def today(*, unit: Unit, day: date, actor: Actor, rule: Rule, context: JudgeContext, is_over: bool) -> Today:  # noqa: PLR0913 - each by name
    """The unit's people in sight of `actor`, with where each stands. Six queries, whatever number of people."""
    in_sight = people_in_sight(actor, rule, day) & people_below([unit.path], day)
    people = list(in_sight.values_list(*_NAMES))
    # What the unit as a whole owes; None on a day off, or while it has no duty.
    law = gather_law(context.policies, [day]).law(Who(person=0, unit=unit), day)
    duty = next(iter(law.owed.days), None) if law else None
    of_day: dict[str, Any] = {"day": day}
    # A unit's people are asked for by their numbers; of a whole regency the day itself is.
    if len(people) <= NAMED_MAX:
        of_day["person__in"] = [number for number, *_ in people]
    verdicts = VerdictRow.objects.filter(**of_day).annotate(raw=Cast("body", TextField()))
    bodies = dict(verdicts.values_list("person", "raw"))
    taps: dict[int, list[str]] = defaultdict(list)
    for person, ref in Punch.objects.filter(**of_day).values_list("person", "record_hash"):
        taps[person].append(ref)
    vouched = {person for person, _ in seen_days(day, day + timedelta(days=1))}
    found = [
        _seen(
            number,
            titled(*names),
            bodies.get(number),
            taps.get(number, ()),
            is_day_off=duty is None,
            was_seen=number in vouched,
        )
        for number, *names in people
    ]
    return Today(unit=unit, day=day, duty=duty, people=sorted(found, key=_urgency), is_over=is_over)


_FIRST = (DayGroup.NOT_YET, DayGroup.LATE, DayGroup.UNDECIDED)


def _urgency(seen: CountedPerson) -> int:
    return _FIRST.index(seen.group) if seen.group in _FIRST else len(_FIRST)


_NAMES = ("number", "full_name", "title_before", "title_after")


def rows_of(today: Today, people: Sequence[CountedPerson], actor: Actor) -> list[ListedPerson]:
    """These of them with all that a line of the list tells. Three queries, whatever number."""
    numbers = [seen.number for seen in people]
    bodies = dict(VerdictRow.objects.filter(day=today.day, person__in=numbers).values_list("person", "body"))
    known = Person.objects.in_bulk(numbers)
    notes = waiting_notes(actor, numbers, today.day, today.unit.zone)
    return [
        ListedPerson(
            person=known[seen.number],
            body=bodies.get(seen.number),
            group=seen.group,
            look=seen.look,
            is_over=today.is_over,
            notes=notes.get(seen.number, []),
        )
        for seen in people
    ]


def _seen(  # noqa: PLR0913 - what is known of one person on a day
    number: int, name: str, raw: str | None, taps: Sequence[str], *, is_day_off: bool, was_seen: bool
) -> CountedPerson:
    body = cast("Body | None", _BODY.decode(raw)) if raw else None
    counted = {tap["ref"] for tap in body["taps"]} if body else set()
    arrival = tap_of(body, "arrival")
    return CountedPerson(
        number=number,
        name=name,
        group=group_of(body, is_day_off=is_day_off),
        look=needs_look(body, len(set(taps) - counted), was_seen=was_seen),
        arrival_ms=arrival["judged_ms"] if arrival else None,
    )
