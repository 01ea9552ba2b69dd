"""What the frame shows of this app."""

from __future__ import annotations

from typing import Any

from hadir.office.duties import permissions
from hadir.office.duties.waiting import laws_to_back, laws_waiting, rosters_waiting, wishes_of_others
from hadir.office.page.registry import InboxList, MenuEntry, register
from hadir.office.roles import Actor


def _laws(actor: Actor, now_ms: int) -> dict[str, Any]:
    found = laws_waiting(actor, now_ms)
    return {"laws": found} if found else {}


def _wishes(actor: Actor, now_ms: int) -> dict[str, Any]:
    found = rosters_waiting(actor, now_ms)
    return {"wishes": found} if found else {}


register(
    "duties",
    permissions,
    menu=[
        MenuEntry(place=70, code="menu.laws", page="laws-home", rule=permissions.SEE_LAW),
    ],
    inbox=[
        InboxList(place=40, template="duties/_waiting.html", gather=_laws, rows=laws_to_back),
        InboxList(
            place=50,
            template="duties/_wishes.html",
            gather=_wishes,
            rows=lambda actor, _: wishes_of_others(actor),
            acts=lambda _, found: len(found().get("wishes", ())),
        ),
    ],
)
