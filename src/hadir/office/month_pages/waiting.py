"""What of a month waits for somebody: undecided days by name, days on soft evidence, and notes without a decision."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from hadir.office.excuses.kinds import state_after
from hadir.office.excuses.models import ExcusedPerson, Step
from hadir.office.excuses.queries import WAITING
from hadir.office.ground.rows import grouped, listed
from hadir.office.month_pages.recap import MonthRecap, RecapRow
from hadir.office.months.models import ClosedRow, Closing, ClosingState
from hadir.office.months.permissions import GRANT_REOPEN
from hadir.office.page.periods import month_after, span_words
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import Actor
from hadir.office.units.models import Unit
from hadir.rules.clocks import local_day
from hadir.texts import Lang, render

_DARK = frozenset({"arrival.dark", "departure.dark"})


@dataclass(frozen=True, slots=True)
class WaitingDay:
    """One day of one person that waits. `source`: what has not reported, `due`: until when; empty where no source is
    dark and somebody must say what it was.
    """

    row: RecapRow
    day: date
    source: str
    due: date | None
    headline: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Dark:
    """How many days wait for one source, or for people's word in one unit."""

    unit: Unit
    source: str
    days: int
    people: int


def notes_of(people: Sequence[int], month: MonthRecap, lang: Lang) -> list[tuple[ExcusedPerson, str]]:
    """What was said of days of the month and is not decided: each person in it, and the days in words. One query."""
    return [(row, _days_of(row, month, lang)) for row in _named(people, month).filter(excuse__state__in=WAITING)]


def notes_at_closing(
    rows: Sequence[RecapRow], month: MonthRecap, lang: Lang
) -> list[tuple[RecapRow, ExcusedPerson, str]]:
    """What was said of days of a closed month and was not decided when it was closed. Two queries, for any number."""
    closed_at_ms = {one.unit_id: one.closed_at_ms for one in month.closings}
    closed = grouped((row for row in rows if row.is_closed), lambda row: row.person)
    latest_ms = max(closed_at_ms.values(), default=0)
    named = list(_named(sorted(closed), month).filter(excuse__entered_at_ms__lte=latest_ms))
    steps = Step.objects.filter(excuse__in=listed({one.excuse_id for one in named})).order_by("at_ms", "pk")
    acts = grouped(steps, lambda step: step.excuse_id)
    found = []
    for one in named:
        for row in closed[one.person_id]:
            until_ms = closed_at_ms[row.unit.number]
            before = (step.act for step in acts.get(one.excuse_id, ()) if step.at_ms <= until_ms)
            if one.excuse.entered_at_ms <= until_ms and state_after(before) in WAITING:
                found.append((row, one, _days_of(one, month, lang)))
    return found


def _named(people: Sequence[int], month: MonthRecap) -> QuerySet[ExcusedPerson]:
    """Whom of these people an excuse of days of the month names."""
    begin, end = (local_day(day, month.unit.zone).from_ms for day in (month.first, month_after(month.first)))
    named = ExcusedPerson.objects.filter(person__in=listed(people), excuse__from_ms__lt=end, excuse__until_ms__gt=begin)
    return named.select_related("excuse").order_by("excuse", "person")


def _days_of(row: ExcusedPerson, month: MonthRecap, lang: Lang) -> str:
    told = row.excuse
    return span_words(told.from_ms, told.until_ms, zone=month.unit.zone, is_whole_days=told.is_whole_days, lang=lang)


def undecided_days(rows: Sequence[RecapRow]) -> list[WaitingDay]:
    """By name and date. One query, of the undecided days only."""
    return _with_bodies([(row, day) for row in rows for day in row.recap.undecided])


def unproven_days(rows: Sequence[RecapRow]) -> list[WaitingDay]:
    """Days that stand by the phone's word until the superior has spoken: soft grade, nothing deducted."""
    return _with_bodies([(row, day) for row in rows for day in row.unproven if day not in row.recap.undecided])


def _with_bodies(days: Sequence[tuple[RecapRow, date]]) -> list[WaitingDay]:
    if not days:
        return []
    people, dates = {row.person for row, _ in days}, {day for _, day in days}
    rows = VerdictRow.objects.filter(person__in=people, day__in=dates).values_list("person", "day", "body")
    bodies = {(person, day): body for person, day, body in rows}
    return [_waiting(row, day, bodies.get((row.person, day))) for row, day in days]


def _waiting(row: RecapRow, day: date, body: Mapping[str, Any] | None) -> WaitingDay:
    reasons = body["reasons"] if body else []
    params: Mapping[str, Any] = next((one["params"] for one in reasons if one["code"] in _DARK), {})
    return WaitingDay(
        row=row,
        day=day,
        source=str((body or {}).get("dark") or params.get("source", "")),
        due=date.fromisoformat(params["due"]) if "due" in params else None,
        headline=_headline(body) if body else None,
    )


def _headline(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """That of the half that waits."""
    halves = [half for half in (body["arrival"], body["departure"]) if half]
    waits = [half for half in halves if half["status"] == "undecided" or half["review"] == "ask_superior"]
    return dict((waits or halves)[0]["headline"]) if halves else None


def source_text(source: str, unit: Unit, lang: Lang) -> str:
    """What has not reported, as people call it; `source` is `terminal/SERIAL` or `phones/UNIT`."""
    kind, _, serial = source.partition("/")
    if kind in {"terminal", "phones"} and serial:
        return render(f"months.source.{kind}", lang, {"serial": serial, "unit": unit.name})
    return source


def by_source(days: Sequence[WaitingDay]) -> list[Dark]:
    """Counts for each unit and source: an unplugged machine must not pay."""
    counted = Counter((one.row.unit.number, one.source) for one in days)
    units = {one.row.unit.number: one.row.unit for one in days}
    people = {key: len({one.row.person for one in days if (one.row.unit.number, one.source) == key}) for key in counted}
    return [
        Dark(unit=units[unit], source=source, days=count, people=people[unit, source])
        for (unit, source), count in sorted(counted.items(), key=lambda one: -one[1])
    ]


def reopenings_to_answer(actor: Actor) -> QuerySet[Closing]:
    """Closed months that somebody asks to open again and that this person may grant or refuse: as `may_grant` says it
    of each. The oldest first.
    """
    below = reduce(or_, (Q(unit__path__startswith=path) for path in actor.paths(GRANT_REOPEN.roles)), Q(pk__in=()))
    own = ClosedRow.objects.filter(closing=OuterRef("pk"), person=actor.person)
    rows = Closing.objects.filter(below, ~Exists(own), state=ClosingState.CLOSED, asked_by__isnull=False)
    return rows.exclude(asked_by=actor.person).select_related("unit", "asked_by").order_by("number")
