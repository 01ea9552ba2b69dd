"""What the frame shows of this app."""

from __future__ import annotations

from typing import Any

from hadir.office.month_pages.reopen_requests import reopenings_to_answer, reopenings_waiting
from hadir.office.months import permissions
from hadir.office.page.registry import InboxList, MenuEntry, register
from hadir.office.roles import Actor


def _reopenings(actor: Actor, _: int) -> dict[str, Any]:
    found = reopenings_waiting(actor)
    return {"reopenings": found} if found else {}


register(
    "months",
    permissions,
    menu=[
        MenuEntry(place=30, code="menu.months", page="months-home", rule=permissions.SEE_MONTH),
    ],
    inbox=[
        InboxList(
            place=60,
            template="months/_asked.html",
            gather=_reopenings,
            rows=lambda actor, _: reopenings_to_answer(actor),
        ),
    ],
)
