"""Which days have a verdict: with a tap, an excuse, or ended after recording was owed there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from django.db.models import OuterRef, Subquery

from hadir.office.judging.facts import Facts
from hadir.office.judging.judging import PersonDayKey
from hadir.office.judging.person_day import PersonDay
from hadir.office.projection.models import VerdictRow
from hadir.office.units.models import Unit
from hadir.rules.clocks import local_day


def began_on(units: Iterable[int]) -> dict[int, date]:
    """The first day on which anybody of each unit recorded; units where nobody did are left out. One query."""
    numbers = set(units)
    if not numbers:
        return {}
    first = VerdictRow.objects.filter(unit=OuterRef("number"), taps__gt=0).order_by("day").values("day")[:1]
    found = Unit.objects.filter(number__in=numbers).annotate(began=Subquery(first)).values_list("number", "began")
    return {number: began for number, began in found if began is not None}


def kept_days(
    facts: Facts,
    places: Mapping[PersonDayKey, PersonDay],
    punches: Mapping[PersonDayKey, Sequence[object]],
    *,
    now_ms: int,
    began_in: Callable[[set[int]], Mapping[int, date]] = began_on,
) -> dict[PersonDayKey, PersonDay]:
    """The days that have a verdict: with a tap, proven or not, an excuse, or ended after recording was owed there."""
    silent = [
        (key, where)
        for key, where in places.items()
        if not punches.get(key) and key not in facts.doubts and not facts.excuses(where.person, where.unit, where.day)
    ]
    began = began_in({where.unit.number for _, where in silent})
    gone = {key for key, where in silent if not _is_owed_by_now(where, began.get(where.unit.number), now_ms)}
    return {key: where for key, where in places.items() if key not in gone}


def _is_owed_by_now(where: PersonDay, began: date | None, now_ms: int) -> bool:
    if where.law.assignment is None or now_ms < local_day(where.day, where.unit.zone).until_ms:
        return False
    since = [day for day in (where.law.obliged_from, began) if day is not None]
    return bool(since) and where.day >= min(since)
