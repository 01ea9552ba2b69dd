"""What the middleware puts on a request, as types that views can rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from django.http import HttpRequest

if TYPE_CHECKING:
    from hadir.office.accounts.models import User
    from hadir.office.accounts.permissions import Actor

Lang = Literal["id", "en"]


class OfficeRequest(HttpRequest):
    """A request with its moment, its language and its actor."""

    now_ms: int
    lang: Lang
    actor: Actor
    user: User


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; a browser without JavaScript always gets the whole."""
    return request.headers.get("HX-Request") == "true"


def is_poll(request: HttpRequest) -> bool:
    """Whether the page asks by itself, without a person."""
    return request.headers.get("HX-Trigger") == "live"
