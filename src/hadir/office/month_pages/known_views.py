from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.ground.installation import HERE
from hadir.office.judging.judging import judge_context
from hadir.office.month_pages.columns import screen_columns
from hadir.office.month_pages.known import KnownMonth, month_as_known, people_of
from hadir.office.month_pages.recap import after
from hadir.office.month_pages.views import cells_of_row
from hadir.office.months.letters import current_letters
from hadir.office.months.permissions import SEE_MONTH
from hadir.office.page.known import known_of
from hadir.office.page.requests import OfficeRequest
from hadir.office.page.today import day_here
from hadir.office.people.queries import people_in_sight
from hadir.office.roles import Actor
from hadir.office.units.queries import unit_in_sight, units_in_sight

PEOPLE_MAX = 200
"""A page judges every day of the month again; of more people the command line tells."""


@require_GET
def recap_known(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The unit's month as it was known by the end of a date, and who differs today by what.

    For whoever may see the month now, and of it the people whom he may see now: the history of others is the auditor's.
    """
    found = unit_in_sight(request.actor, SEE_MONTH, unit)
    known = known_of(request, first, found.zone)
    context: dict[str, Any] = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_MONTH),
        "zone": found.zone,
        "first": first,
        "known": known,
        "month_code": f"month.{first.month}",
        "before": (first - timedelta(days=1)).replace(day=1),
        "after": after(first),
        "people": people_of(found, first, known.at_ms),
        "people_max": PEOPLE_MAX,
    }
    if context["people"] <= PEOPLE_MAX:
        then = replace(judge_context(), known_at_ms=known.at_ms)
        day = max(first, min(after(first) - timedelta(days=1), day_here(request)))
        month = _in_sight(request.actor, month_as_known(then, found, first, with_year=False), day)
        heads = screen_columns(HERE.settings.policies, month.month, current_letters())
        context |= {
            "of": month,
            "heads": [(column.head, column.is_text) for column in heads],
            "table": [(row, cells_of_row(request, heads, row), month.of.get(row.person)) for row in month.month.rows],
        }
    else:
        context["below"] = context["units"].filter(parent=found)
    return render(request, "months/known.html", context)


def _in_sight(actor: Actor, known: KnownMonth, day: date) -> KnownMonth:
    seen = set(people_in_sight(actor, SEE_MONTH, day).values_list("number", flat=True))
    rows = [row for row in known.month.rows if row.person in seen]
    differs = tuple(one for one in known.differs if one.person.number in seen)
    return replace(known, month=replace(known.month, rows=rows), differs=differs)
