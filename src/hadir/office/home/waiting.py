"""What waits for the asker's act, gathered once for a request: the frame counts it, and the inbox lists it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET

from hadir.office.ground.installation import HERE
from hadir.office.page.registry import REGISTRY, InboxList
from hadir.office.page.requests import OfficeRequest
from hadir.office.roles import EVERY_ROLE, NOBODY, Actor


class Waiting:
    def __init__(self, actor: Actor, now_ms: int) -> None:
        self._actor, self._now_ms = actor, now_ms
        self._found: dict[str, Mapping[str, Any]] = {}

    def found(self, one: InboxList) -> Mapping[str, Any]:
        """What the list shows; asked for twice, it is gathered once."""
        if one.template not in self._found:
            found = one.gather(self._actor, self._now_ms)
            self._found[one.template] = found if any(found.values()) else {}
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


@require_GET
def tasks(request: OfficeRequest) -> HttpResponse:
    """Every list that has something for this person, what needs an act below what is only told; or that none has."""
    if not request.actor.paths(EVERY_ROLE):
        raise PermissionDenied
    waiting = waiting_of(request)
    shown = [one for one in REGISTRY.inbox if waiting.found(one)]
    lists = [{"template": one.template, "found": waiting.found(one)} for one in shown]
    context: dict[str, object] = {"zone": HERE.site.zone, "lists": lists}
    for one in shown:
        context |= waiting.found(one)
    return render(request, "home/tasks.html", context)


def frame(request: HttpRequest) -> dict[str, object]:
    """What the frame of every page needs: language, actor, menu, and whether this is a rehearsal."""
    actor = getattr(request, "actor", NOBODY)
    return {
        "lang": getattr(request, "lang", "id"),
        "actor": actor,
        "menu": [] if actor.person is None else menu_for(actor, request.path),
        "waiting_acts": SimpleLazyObject(lambda: waiting_of(request).count),
        "rehearsal": HERE.rehearsal,
        "here": request.get_full_path(),
    }


def menu_for(actor: Actor, path: str) -> list[dict[str, object]]:
    """Whoever has no role yet is led to the one page that is theirs."""
    allowed = [(one.code, one.page) for one in REGISTRY.menu if actor.paths(one.rule.roles)]
    return [
        {"code": code, "url": reverse(name), "is_here": path.startswith(reverse(name))}
        for code, name in allowed or [("own.title", "own")]
    ]
