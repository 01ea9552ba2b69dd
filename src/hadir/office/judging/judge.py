"""The one way to ask for verdicts: a request, and the answer. Nothing is kept here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto
from functools import partial

from django.db.models import OuterRef, Subquery

from hadir.office.judging.facts import Facts, PersonDay
from hadir.office.judging.judging import (
    Counted,
    JudgeContext,
    Judged,
    PersonDayKey,
    day_line,
    decide,
    gather_days,
    places_on,
    punches_of,
    weigh_days,
)
from hadir.office.judging.known import began_then, flex_then, punches_then
from hadir.office.months.lines import month_verdict
from hadir.office.months.models import DayLine
from hadir.office.months.older import older_verdicts, stored_verdict
from hadir.office.projection.models import Punch, VerdictRow
from hadir.office.units.models import Unit
from hadir.rules.duty import DutyDay


class DaysAsked(Enum):
    """Of which of the days a verdict is wanted.

    `KEPT`: of those of which the office keeps one. `SHOWN`: of these, and of days that have not ended; where nobody had
    to record yet, what the rules would say of an ended day stands in no recap, and so on no page.
    """

    ALL = auto()
    KEPT = auto()
    SHOWN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """Verdicts on person-days as they stand at `now_ms`; in a context with `known_at_ms`, as the office knew things at
    that moment.

    `punches` are those of these days, where somebody has them already; `taps` the same, weighed when they were put on
    their days. `with_steps`: with the steps of every tap's evidence among the reasons. `by_installed_rules`: as
    these say, also of days of which a verdict holds that was stored before them.
    """

    days: Sequence[PersonDayKey]
    now_ms: int
    punches: Mapping[PersonDayKey, list[Punch]] | None = None
    taps: Mapping[PersonDayKey, Sequence[Counted]] | None = None
    with_steps: bool = False
    days_asked: DaysAsked = DaysAsked.ALL
    by_installed_rules: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """What judging a request asked of the database, and where each person was."""

    facts: Facts
    places: Mapping[PersonDayKey, PersonDay]
    punches: Mapping[PersonDayKey, list[Punch]]


def prepare(context: JudgeContext, request: JudgeRequest) -> Prepared:
    """Everything that judging these days asks for. Days without a law are left out."""
    punches = _punches(context, request)
    facts = gather_days(context, request.days, punches, named=request.taps is not None)
    if request.taps is not None:
        traces = frozenset(key for key, found in request.taps.items() if any(one.counts for one in found))
        facts = replace(facts, traces=traces)
    places = places_on(facts, request.days)
    limited = [key for key, where in places.items() if is_limited(where.duty_day)]
    if limited and context.known_at_ms is None:
        facts = replace(facts, flex_times=flex_times(limited))
    return Prepared(facts, places, punches)


def _punches(context: JudgeContext, request: JudgeRequest) -> Mapping[PersonDayKey, list[Punch]]:
    if request.punches is not None:
        return request.punches
    if request.taps is not None:
        return {}
    return punches_of(request.days) if context.known_at_ms is None else punches_then(context, request.days)


def judge(context: JudgeContext, request: JudgeRequest, prepared: Prepared | None = None) -> dict[PersonDayKey, Judged]:
    """The verdicts, kept nowhere. Days without a law are left out."""
    ready = prepared or prepare(context, request)
    facts, places = ready.facts, ready.places
    known_at_ms = context.known_at_ms
    now_ms = request.now_ms if known_at_ms is None else known_at_ms
    if request.days_asked is not DaysAsked.ALL:
        began = began_on if known_at_ms is None else partial(began_then, context)
        seen = ready.punches if request.taps is None else request.taps
        gone = _days_not_owed(facts, places, seen, now_ms, began)
        if request.days_asked is DaysAsked.SHOWN:
            gone = {key for key in gone if places[key].end_ms <= now_ms}
        places = {key: where for key, where in places.items() if key not in gone}
    if known_at_ms is not None:
        limited = [key for key, where in places.items() if is_limited(where.duty_day)]
        facts = replace(facts, flex_times=flex_then(context, limited)) if limited else facts
    taps = weigh_days(context, facts, places, ready.punches) if request.taps is None else request.taps
    judged = decide(facts, places, taps, now_ms, with_steps=request.with_steps, known_at_ms=known_at_ms)
    return judged if request.by_installed_rules else with_older(judged, known_at_ms)


def with_older(judged: Mapping[PersonDayKey, Judged], known_at_ms: int | None = None) -> dict[PersonDayKey, Judged]:
    """The same, with the verdicts that were stored before the installed edition where those hold."""
    found = dict(judged)
    for key, older in older_verdicts(list(judged), known_at_ms).items():
        one = judged[key]
        if older.holds_against(day_line(one).line):
            verdict = stored_verdict(older.row.body, one.verdict.taps)
            found[key] = replace(one, verdict=verdict, instead_of=one.verdict)
    return found


# --- which days have a verdict ---------------------------------------------------------------------------------------


def began_on(units: Iterable[int]) -> dict[int, date]:
    """The first day on which anybody of each unit recorded; units where nobody did are left out. One query."""
    first = VerdictRow.objects.filter(unit=OuterRef("number"), taps__gt=0).order_by("day").values("day")[:1]
    found = Unit.objects.filter(number__in=set(units)).annotate(began=Subquery(first)).values_list("number", "began")
    return {number: began for number, began in found if began is not None}


def _days_not_owed(
    facts: Facts,
    places: Mapping[PersonDayKey, PersonDay],
    punches: Mapping[PersonDayKey, Sequence[object]],
    now_ms: int,
    began_in: Callable[[set[int]], Mapping[int, date]],
) -> set[PersonDayKey]:
    """The days without a verdict: no tap, proven or not, no excuse, and not ended after recording was owed there."""
    silent = [
        (key, where)
        for key, where in places.items()
        if not punches.get(key) and key not in facts.doubts and not facts.excuses(where.person, where.unit, where.day)
    ]
    began = began_in({where.unit.number for _, where in silent})
    return {key for key, where in silent if not _is_owed_by_now(where, began.get(where.unit.number), now_ms)}


def _is_owed_by_now(where: PersonDay, began: date | None, now_ms: int) -> bool:
    if where.law.assignment is None or now_ms < where.end_ms:
        return False
    since = [day for day in (where.law.obliged_from, began) if day is not None]
    return bool(since) and where.day >= min(since)


# --- flexible time ---------------------------------------------------------------------------------------------------


def is_limited(duty_day: DutyDay | None) -> bool:
    return duty_day is not None and duty_day.flex is not None and duty_day.flex.times_per_month is not None


def flex_times(days: Sequence[tuple[int, date]]) -> dict[tuple[int, date], int]:
    """As the kept verdicts of the month's earlier days say. When one changes, the later ones are judged again."""
    if not days:
        return {}
    used = used_on({person for person, _ in days}, min(day for _, day in days).replace(day=1), max(d for _, d in days))
    return {
        (person, day): sum(day.replace(day=1) <= one < day for one in used[person])
        for person, day in days
    }  # fmt: skip


def used_on(people: set[int], first: date, last: date) -> dict[int, set[date]]:
    """On which of these dates each person used flexible time."""
    found: dict[int, set[date]] = defaultdict(set)
    rows = DayLine.objects.filter(person__in=people, day__gte=first, day__lte=last)
    for person, day, line in rows.values_list("person", "day", "line"):
        if month_verdict(line).flex_used:
            found[person].add(day)
    return found
