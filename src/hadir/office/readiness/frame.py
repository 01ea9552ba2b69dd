"""What the frame shows of this app."""

from hadir.office.ground.installation import HERE
from hadir.office.page.registry import InboxList, MenuEntry, register
from hadir.office.people import permissions
from hadir.office.readiness.views import checklist

register(
    "readiness",
    menu=[
        MenuEntry(place=120, code="menu.readiness", page="readiness-home", rule=permissions.SEE_REGISTER),
    ],
    inbox=[
        InboxList(
            place=10,
            template="register/_checklist.html",
            gather=lambda actor, now_ms: {"checklist": checklist(actor, HERE.day_at(now_ms))},
        ),
    ],
)
