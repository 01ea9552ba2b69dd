"""What nobody knows yet of the free days of some dates, as a page says it: a decree, or Ramadan, is still to come."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date

from hadir.office.duties.kinds import Decree, LawKind
from hadir.office.duties.models import LawAct
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import calendar
from hadir.office.ground.own_laws import OwnLawError, decree
from hadir.office.ground.words import say
from hadir.office.units.models import Unit, upwards
from hadir.rules.calendars import Calendar, Season, Standing
from hadir.rules.policy import Certainty
from hadir.texts import Lang

_WAITS = Standing.PROVISIONAL


def calendar_notes(days: Iterable[date], lang: Lang, unit: Unit | None) -> list[str]:
    """A sentence for each thing that is not known; none where all is decreed, for all or by acts for the unit."""
    days = sorted(days)
    national = calendar(HERE.settings.policies)
    notes = _notes(national, days, lang)
    return _notes(_under_acts(national, days[-1], unit), days, lang) if notes and unit is not None else notes


def _notes(known: Calendar, days: Sequence[date], lang: Lang) -> list[str]:
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


def _under_acts(known: Calendar, day: date, unit: Unit) -> Calendar:
    """The calendar under the decrees and the seasons of Ramadan that acts for the unit put in force. One query."""
    kinds = (LawKind.DECREE, LawKind.RAMADAN)
    acts = LawAct.objects.on(day).filter(kind__in=kinds, unit__path__in=upwards(unit.path)).order_by("made_at_ms")
    for act in acts:
        if act.kind == LawKind.DECREE:
            with suppress(OwnLawError):
                known = known.amended(decree(act.says(Decree).text))
        elif act.until_date is not None:
            known = known.with_ramadan(
                Season(
                    from_date=act.from_date,
                    until_date=act.until_date,
                    article=act.article or act.ref,
                    source=act.document,
                    certainty=Certainty.STORED,
                )
            )
    return known
