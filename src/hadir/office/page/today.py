"""Days of a request: today, and the day as of which a page is asked, whose end stands in its address."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import Http404

from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.page.periods import month_after, month_end
from hadir.office.page.requests import OfficeRequest
from hadir.rules.clocks import local_day


def day_here(request: OfficeRequest) -> date:
    """Today at the site: the day on which roles and assignments are looked up."""
    return day_at(request.now_ms, HERE.site.zone)


def day_of_sight(request: OfficeRequest, first: date) -> date:
    """Whoever may see somebody on the month's last day, or today within the running month, may see the month."""
    return max(first, min(month_end(first), day_here(request)))


PROPOSED = timedelta(days=4)
"""Months are closed in the first days of the next one."""


@dataclass(frozen=True, slots=True)
class Known:
    """As known by the end of `day`, or now where that has not come."""

    day: date
    at_ms: int
    latest: date


def proposed(first: date, today: date) -> date:
    """The date that a month's page proposes: the fifth of the next month."""
    return min(today, month_after(first) + PROPOSED)


def known_of(request: OfficeRequest, first: date, zone: str) -> Known:
    """`?pada=2026-04-05`; 404 for what is no date."""
    today = day_at(request.now_ms, zone)
    text = request.GET.get("pada", "")
    try:
        asked = date.fromisoformat(text) if text else proposed(first, today)
    except ValueError as error:
        raise Http404 from error
    asked = max(min(asked, today), date(1970, 1, 2))
    return Known(asked, min(local_day(asked, zone).until_ms - 1, request.now_ms), today)
