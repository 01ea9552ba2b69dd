"""What waits for the asker's act, gathered once for a request: the frame counts it, and the inbox lists it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest

from hadir.office.page.registry import REGISTRY, InboxList
from hadir.office.roles import NOBODY, Actor


class Waiting:
    def __init__(self, actor: Actor, now_ms: int) -> None:
        self._actor = actor
        self._now_ms = now_ms
        self._found: dict[str, Mapping[str, Any]] = {}

    def found(self, one: InboxList) -> Mapping[str, Any]:
        """What the list shows; asked for twice, it is gathered once."""
        if one.template not in self._found:
            self._found[one.template] = one.gather(self._actor, self._now_ms)
        return self._found[one.template]

    @property
    def count(self) -> int:
        """How many acts the lists would hold, by one query for all, and without gathering most of them."""
        if not self._actor.grants:
            return 0
        lists = [(one, one.rows) for one in REGISTRY.inbox if one.rows is not None]
        counted = _counts(*(rows(self._actor, self._now_ms) for _, rows in lists))
        return sum(
            one.acts(rows, partial(self.found, one)) for (one, _), rows in zip(lists, counted, strict=True) if rows
        )


def _counts(*lists: QuerySet[Any]) -> list[int]:
    """The length of each, by one query for all."""
    parts = [
        rows.order_by().annotate(place=Value(place)).values_list("place").annotate(n=Count("pk"))
        for place, rows in enumerate(lists)
    ]
    found = dict(parts[0].union(*parts[1:], all=True))
    return [found.get(place, 0) for place in range(len(lists))]


def waiting_of(request: HttpRequest) -> Waiting:
    """The request's own: asked for twice, it is gathered once."""
    kept: Waiting | None = getattr(request, "waiting", None)
    if kept is None:
        kept = Waiting(getattr(request, "actor", NOBODY), getattr(request, "now_ms", 0))
        request.waiting = kept  # type: ignore[attr-defined]  # a memo of one request
    return kept
