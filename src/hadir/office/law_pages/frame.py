"""What the frame shows of this app."""

from __future__ import annotations

from hadir.office.duties import permissions
from hadir.office.duties.waiting import laws_to_back, laws_waiting, rosters_waiting, wishes_of_others
from hadir.office.page.registry import InboxList, MenuEntry, register

register(
    "duties",
    permissions,
    menu=[
        MenuEntry(place=70, code="menu.laws", page="laws-home", rule=permissions.SEE_LAW),
    ],
    inbox=[
        InboxList(
            place=40,
            template="duties/_waiting.html",
            gather=lambda actor, now_ms: {"laws": laws_waiting(actor, now_ms)},
            rows=laws_to_back,
        ),
        InboxList(
            place=50,
            template="duties/_wishes.html",
            gather=lambda actor, now_ms: {"wishes": rosters_waiting(actor, now_ms)},
            rows=lambda actor, _: wishes_of_others(actor),
            acts=lambda _, found: len(found().get("wishes", ())),
        ),
    ],
)
