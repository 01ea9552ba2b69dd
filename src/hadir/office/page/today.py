"""Today, from a request's moment."""

from __future__ import annotations

from datetime import date

from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.page.requests import OfficeRequest


def day_here(request: OfficeRequest) -> date:
    """Today at the site: the day on which roles and assignments are looked up."""
    return day_at(request.now_ms, HERE.site.zone)
