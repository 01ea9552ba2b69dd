"""What the frame shows of this app."""

from typing import Any

from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.page.registry import InboxList, MenuEntry, register
from hadir.office.people import permissions
from hadir.office.readiness.views import checklist
from hadir.office.roles import Actor


def _checklist(actor: Actor, now_ms: int) -> dict[str, Any]:
    return {"checklist": checklist(actor, day_at(now_ms, HERE.site.zone))}


register(
    "readiness",
    menu=[
        MenuEntry(place=120, code="menu.readiness", page="readiness-home", rule=permissions.SEE_REGISTER),
    ],
    inbox=[
        InboxList(place=10, template="register/_checklist.html", gather=_checklist),
    ],
)
