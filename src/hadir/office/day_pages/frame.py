"""What the frame shows of this app."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from hadir.office.day_pages.soft import days_of_revoked_phones, soft_taps
from hadir.office.days import permissions
from hadir.office.days.seeing import days_to_confirm, lines_to_confirm
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.page.registry import InboxList, MenuEntry, register


def _today(now_ms: int) -> date:
    return day_at(now_ms, HERE.site.zone)


def _questions(rows: int, found: Callable[[], Mapping[str, Any]]) -> int:
    """Days that came in together are one question."""
    return len(found().get("unseen", ())) if rows > 1 else rows


register(
    "days",
    permissions,
    menu=[
        MenuEntry(place=20, code="menu.today", page="today-home", rule=permissions.SEE_TODAY),
        MenuEntry(place=140, code="menu.faulty", page="faulty", rule=permissions.SEE_FAULTY),
    ],
    inbox=[
        InboxList(
            place=70,
            template="days/_unseen.html",
            gather=lambda actor, now_ms: {"unseen": days_to_confirm(actor, _today(now_ms))},
            rows=lambda actor, now_ms: lines_to_confirm(actor, _today(now_ms)),
            acts=_questions,
        ),
        InboxList(
            place=80,
            template="days/_revoked.html",
            gather=lambda actor, now_ms: {"revoked": days_of_revoked_phones(actor, _today(now_ms))},
        ),
        InboxList(
            place=90,
            template="days/_soft.html",
            gather=lambda actor, now_ms: {"soft": soft_taps(actor, _today(now_ms))},
        ),
    ],
)
