"""What nobody knows yet of the free days of some dates, as a page says it: a decree, or Ramadan, is still to come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import calendar
from hadir.office.ground.words import say
from hadir.rules.calendars import Standing
from hadir.texts import Lang

_WAITS = Standing.PROVISIONAL


def calendar_notes(days: Iterable[date], lang: Lang) -> list[str]:
    """A sentence for each thing that is not known; none where all is decreed. By the national calendar."""
    days, known = sorted(days), calendar(HERE.settings.policies)
    years = {day.year: day for day in days}
    unknown = [year for year, day in years.items() if not known.knows(day)]
    waits = [year for year, day in years.items() if known.knows(day) and known.is_provisional(day)]
    free = [found for day in days if (found := known.free(day)) is not None and found.standing is _WAITS]
    seasons = {one for one in map(known.season, days) if one is not None and one.standing is _WAITS}
    return [
        *(say("calendar.unknown", lang, {"year": year}) for year in unknown),
        *(say("calendar.provisional", lang, {"year": year}) for year in waits),
        *(say("calendar.free_provisional", lang, {"holiday": one.name, "day": one.date}) for one in free),
        *(say("duty.ramadan_provisional", lang) for _ in seasons),
    ]
