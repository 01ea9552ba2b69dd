"""The moment of which a page is asked: the end of a date that stands in its address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import Http404

from hadir.office.ground.moments import day_at
from hadir.office.page.requests import OfficeRequest
from hadir.rules.clocks import local_day

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
    return min(today, (first + timedelta(days=32)).replace(day=1) + PROPOSED)


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
