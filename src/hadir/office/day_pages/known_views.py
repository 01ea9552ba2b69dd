from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.day_pages.month import Cell, Month, month_of
from hadir.office.day_pages.views import day_of_sight, open_links
from hadir.office.days.permissions import SEE_PERSON_DAY
from hadir.office.ground.installation import HERE
from hadir.office.judging.changes_since import facts_since
from hadir.office.judging.judging import judge_context
from hadir.office.page.known import known_of
from hadir.office.page.requests import OfficeRequest
from hadir.office.people.queries import home_of, person_in_sight


@require_GET
def person_month_known(request: OfficeRequest, person: int, first: date) -> HttpResponse:
    """The person's calendar as it was known by the end of a date, and which days say something else today.

    For whoever may see the month now.
    """
    found = person_in_sight(request.actor, SEE_PERSON_DAY, person, day_of_sight(request, first))
    home = home_of(found.number, first)
    zone = home.zone if home else HERE.site.zone
    known = known_of(request, first, zone)
    then = replace(judge_context(), known_at_ms=known.at_ms)
    month = month_of(then, found, first, today=known.day, now_ms=known.at_ms)
    now = month_of(judge_context(), found, first, today=known.latest, now_ms=request.now_ms)
    changed = _changed(month, now)
    since = facts_since([(found.number, day) for day, _, _ in changed], known.at_ms)
    context = {
        "person": found,
        "home": home,
        "zone": zone,
        "today": known.day,
        "known": known,
        "month": month,
        **open_links(request, found.number, month),
        "month_code": f"month.{first.month}",
        "weekdays": [f"weekday.short.{number}" for number in range(1, 8)],
        "changed": [
            (told, list(days)) for told, days in groupby(changed, key=lambda one: since.get((found.number, one[0]), []))
        ],
        "changed_days": {day for day, _, _ in changed},
    }
    return render(request, "days/month_known.html", context)


def _changed(then: Month, now: Month) -> list[tuple[date, str, str]]:
    """The days with other codes or another home, and what they were and are; one that had not come has not changed."""
    cells = {cell.day: cell for week in now.weeks for cell in week if cell is not None}
    changed = []
    for was in (cell for week in then.weeks for cell in week if cell is not None and not cell.is_future):
        now_is = cells[was.day]
        if was.unit != now_is.unit:
            changed.append((was.day, _told(was), _told(now_is)))
        elif was.codes != now_is.codes:
            changed.append((was.day, " ".join(was.codes), " ".join(now_is.codes)))
    return changed


def _told(cell: Cell) -> str:
    return f"{' '.join(cell.codes)} · {cell.unit}".removesuffix(" · ")
