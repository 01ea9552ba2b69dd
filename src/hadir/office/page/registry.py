"""What apps tell the frame of themselves: menu entries, lists of the inbox, permissions. The frame knows no app.

Each app that has pages says it once, in its module `frame`; `home` gathers them all at start.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from django.db.models import QuerySet

from hadir.office.roles import Actor, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A line of the menu: `code` of the catalogue, the name of a URL, and whom it is shown. Ordered by `place`."""

    place: int
    code: str
    page: str
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxList:
    """One list of what waits for somebody, ordered by `place`.

    `gather` gives the context of `template`; nothing is shown while all of it is empty. A list that waits for an act
    says in `rows` which rows do (all lists are counted by one query), and in `acts` how many acts so many rows ask for.
    """

    place: int
    template: str
    gather: Callable[[Actor, int], Mapping[str, Any]]
    rows: Callable[[Actor, int], QuerySet[Any]] | None = None
    acts: Callable[[int, Callable[[], Mapping[str, Any]]], int] = lambda rows, _: rows


@dataclass(slots=True)
class Registry:
    menu: list[MenuEntry] = field(default_factory=list)
    inbox: list[InboxList] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    """`excuses.SEE_EXCUSES` -> its rule."""


REGISTRY = Registry()


def register(
    app: str, permissions: ModuleType | None = None, *, menu: Iterable[MenuEntry] = (), inbox: Iterable[InboxList] = ()
) -> None:
    REGISTRY.menu = sorted([*REGISTRY.menu, *menu], key=lambda one: one.place)
    REGISTRY.inbox = sorted([*REGISTRY.inbox, *inbox], key=lambda one: one.place)
    named = vars(permissions) if permissions else {}
    found = {name: rule for name, rule in named.items() if isinstance(rule, Rule) and not name.startswith("_")}
    REGISTRY.rules |= {f"{app}.{name}": rule for name, rule in found.items()}
