from typing import Any

from hadir.office.devices import permissions
from hadir.office.devices.queries import crowded_slips, waiting_for_decision
from hadir.office.ground.installation import HERE
from hadir.office.page.registry import InboxList, MenuEntry, register
from hadir.office.people.queries import people_in_sight
from hadir.office.roles import Actor


def _phones(actor: Actor, now_ms: int) -> dict[str, Any]:
    rule, today = permissions.DECIDE_DEVICE, HERE.day_at(now_ms)
    pending = waiting_for_decision(actor.paths(rule.roles), today)
    crowded = crowded_slips(people_in_sight(actor, rule, today))
    return {"pending_keys": pending, "crowded": crowded} if pending or crowded else {}


register(
    "devices",
    permissions,
    menu=[
        MenuEntry(place=80, code="menu.devices", page="devices-home", rule=permissions.SEE_DEVICES),
        MenuEntry(place=90, code="menu.slips", page="slips-home", rule=permissions.SEE_SLIPS),
    ],
    inbox=[
        InboxList(place=30, template="devices/_waiting.html", gather=_phones),
    ],
)
