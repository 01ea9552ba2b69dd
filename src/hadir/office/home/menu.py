"""The left side: what the actor may do, by noun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from hadir.office.acts.permissions import SEE_AUDIT
from hadir.office.comparing.permissions import SEE_COMPARISON
from hadir.office.days.permissions import SEE_FAULTY, SEE_TODAY
from hadir.office.devices.permissions import SEE_DEVICES, SEE_SLIPS
from hadir.office.duties.permissions import SEE_LAW
from hadir.office.erasing.permissions import SEE_ERASURES
from hadir.office.excuses.permissions import SEE_EXCUSES
from hadir.office.intake.permissions import SEE_TERMINALS
from hadir.office.manual.permissions import SEE_MANUAL
from hadir.office.months.permissions import SEE_MONTH
from hadir.office.people.permissions import SEE_REGISTER
from hadir.office.roles import EVERY_ROLE, SEE_ACCOUNT, Rule

if TYPE_CHECKING:
    from hadir.office.roles import Actor

_SEE_TASKS = Rule(roles=EVERY_ROLE)
_ENTRIES = (
    ("menu.tasks", "tasks", _SEE_TASKS),
    ("menu.today", "today-home", SEE_TODAY),
    ("menu.months", "months-home", SEE_MONTH),
    ("menu.excuses", "excuses-home", SEE_EXCUSES),
    ("menu.outages", "outages", SEE_EXCUSES),
    ("menu.manual", "manual-home", SEE_MANUAL),
    ("menu.laws", "laws-home", SEE_LAW),
    ("menu.devices", "devices-home", SEE_DEVICES),
    ("menu.slips", "slips-home", SEE_SLIPS),
    ("menu.terminals", "terminals", SEE_TERMINALS),
    ("menu.register", "staff", SEE_REGISTER),
    ("menu.readiness", "readiness-home", SEE_REGISTER),
    ("menu.accounts", "accounts", SEE_ACCOUNT),
    ("menu.faulty", "faulty", SEE_FAULTY),
    ("menu.audit", "audit", SEE_AUDIT),
    ("menu.comparison", "comparison", SEE_COMPARISON),
    ("menu.erasures", "erasures", SEE_ERASURES),
)


@dataclass(frozen=True, slots=True)
class Entry:
    code: str
    url: str
    is_here: bool


def menu_for(actor: Actor, path: str) -> list[Entry]:
    """Whoever has no role yet is led to the one page that is theirs."""
    allowed = [(code, name) for code, name, rule in _ENTRIES if actor.paths(rule.roles)]
    return [
        Entry(code=code, url=reverse(name), is_here=path.startswith(reverse(name)))
        for code, name in allowed or [("own.title", "own")]
    ]
