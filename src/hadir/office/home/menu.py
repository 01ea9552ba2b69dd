"""The left side: what the actor may do, by noun."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from hadir.office.page.registry import REGISTRY
from hadir.office.roles import Actor


@dataclass(frozen=True, slots=True)
class Entry:
    code: str
    url: str
    is_here: bool


def menu_for(actor: Actor, path: str) -> list[Entry]:
    """Whoever has no role yet is led to the one page that is theirs."""
    allowed = [(one.code, one.page) for one in REGISTRY.menu if actor.paths(one.rule.roles)]
    return [
        Entry(code=code, url=reverse(name), is_here=path.startswith(reverse(name)))
        for code, name in allowed or [("own.title", "own")]
    ]
