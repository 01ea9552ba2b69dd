"""Days, from a request's moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.installation import HERE
from hadir.rules.clocks import local

if TYPE_CHECKING:
    from datetime import date

    from hadir.office.page.requests import OfficeRequest


def day_at(at_ms: int, zone: str) -> date:
    """The date that the clocks of `zone` show."""
    return local(at_ms, zone).date()


def day_here(request: OfficeRequest) -> date:
    """Today at the site: the day on which roles and assignments are looked up."""
    return day_at(request.now_ms, HERE.site.zone)
