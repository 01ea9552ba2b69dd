"""What the middleware puts on a request, as types that views can rely on."""

from typing import Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from hadir.office.roles import ActBy, Actor, Rule

Lang = Literal["id", "en"]
LOOPBACK = frozenset({"", "127.0.0.1", "::1"})


class OfficeRequest(HttpRequest):
    """A request with its moment, its language and its actor."""

    now_ms: int
    lang: Lang
    actor: Actor
    written_before: int
    """See `busy.py`."""


def act_by(request: OfficeRequest, reason: str = "") -> ActBy:
    return ActBy(request.actor, request.now_ms, reason)


def require(request: OfficeRequest, rule: Rule) -> tuple[str, ...]:
    """The subtrees on which whoever sent this request has a role of the rule; PermissionDenied where on none."""
    paths = request.actor.paths(rule.roles)
    if not paths:
        raise PermissionDenied
    return paths


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; a browser without JavaScript always gets the whole."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def is_poll(request: HttpRequest) -> bool:
    """Whether the page asks by itself, without a person."""
    return request.headers.get("HX-Trigger") == "live"


def caller_address(request: HttpRequest) -> str:
    """Where the request came from. Our own door stands on this machine and says who called; nobody else is believed."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For", "")
    return forwarded.rpartition(",")[2].strip() if forwarded and direct in LOOPBACK else direct
