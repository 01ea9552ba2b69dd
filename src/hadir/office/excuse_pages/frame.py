"""What the frame shows of this app."""

from typing import Any

from hadir.office.excuse_pages.views import ROUTES
from hadir.office.excuses import permissions
from hadir.office.excuses.queries import INBOX_MAX, excuses_waiting, waited_act, waits_for
from hadir.office.page.registry import InboxList, MenuEntry, register
from hadir.office.roles import Actor


def _excuses(actor: Actor, _: int) -> dict[str, Any]:
    waiting = [(row, waited_act(actor, row)) for row in waits_for(actor)]
    return {"rows": [(row, ROUTES[act], act.value) for row, act in waiting if act]}


register(
    "excuses",
    permissions,
    menu=[
        MenuEntry(place=40, code="menu.excuses", page="excuses-home", rule=permissions.SEE_EXCUSES),
        MenuEntry(place=50, code="menu.outages", page="outages", rule=permissions.SEE_EXCUSES),
    ],
    inbox=[
        InboxList(
            place=100,
            template="excuses/_waiting.html",
            gather=_excuses,
            rows=lambda actor, _: excuses_waiting(actor),
            acts=lambda rows, _: min(rows, INBOX_MAX),
        ),
    ],
)
