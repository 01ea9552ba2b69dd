"""What the frame shows of this app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet

from hadir.office.day_pages.revoked import days_of_revoked_phones
from hadir.office.day_pages.soft import soft_taps
from hadir.office.days import permissions
from hadir.office.days.seeing import days_to_confirm, lines_to_confirm
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.months.models import DayLine
from hadir.office.page.registry import InboxList, MenuEntry, register
from hadir.office.roles import Actor


def _today(now_ms: int) -> date:
    return day_at(now_ms, HERE.site.zone)


def _lines(actor: Actor, now_ms: int) -> QuerySet[DayLine]:
    return lines_to_confirm(actor, _today(now_ms))


def _unseen(actor: Actor, now_ms: int) -> dict[str, Any]:
    found = days_to_confirm(actor, _today(now_ms))
    return {"unseen": found} if found else {}


def _questions(rows: int, found: Callable[[], Mapping[str, Any]]) -> int:
    """Days that came in together are one question."""
    return len(found().get("unseen", ())) if rows > 1 else rows


def _revoked(actor: Actor, now_ms: int) -> dict[str, Any]:
    found = days_of_revoked_phones(actor, _today(now_ms))
    return {"revoked": found} if found else {}


def _soft(actor: Actor, now_ms: int) -> dict[str, Any]:
    """What the superior is shown beside the lists; nothing that is waited for."""
    found = soft_taps(actor, _today(now_ms))
    return {"soft": found} if found.people or found.expected else {}


register(
    "days",
    permissions,
    menu=[
        MenuEntry(place=20, code="menu.today", page="today-home", rule=permissions.SEE_TODAY),
        MenuEntry(place=140, code="menu.faulty", page="faulty", rule=permissions.SEE_FAULTY),
    ],
    inbox=[
        InboxList(place=70, template="days/_unseen.html", gather=_unseen, rows=_lines, acts=_questions),
        InboxList(place=80, template="days/_revoked.html", gather=_revoked),
        InboxList(place=90, template="days/_soft.html", gather=_soft),
    ],
)
