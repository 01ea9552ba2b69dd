from typing import Any

from hadir.office import roles
from hadir.office.accounts.factors import resets_to_answer
from hadir.office.ground.installation import HERE
from hadir.office.page.registry import InboxList, MenuEntry, register
from hadir.office.roles import Actor


def _resets(actor: Actor, now_ms: int) -> dict[str, Any]:
    found = resets_to_answer(actor, HERE.day_at(now_ms))
    return {"resets": found} if found else {}


register(
    "accounts",
    roles,
    menu=[
        MenuEntry(place=130, code="menu.accounts", page="accounts", rule=roles.SEE_ACCOUNT),
    ],
    inbox=[
        InboxList(place=20, template="accounts/_resets.html", gather=_resets),
    ],
)
