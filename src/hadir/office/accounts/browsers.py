"""Browsers: in which words a person recognises one, and which of them an account knows from an earlier log-in.

A log-in leaves a signed cookie of its account for half a year. It opens nothing: it only says that guesses of others do
not slow this browser down.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpResponse

from hadir.office.accounts.models import User
from hadir.office.page.requests import OfficeRequest

KNOWN_MS_MAX = 180 * 24 * 3_600_000
_SALT = "hadir.office.accounts.browsers"
_PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("FxiOS/", "Firefox"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_words(request: OfficeRequest) -> str:
    """`Chrome, Windows`; empty for what says nothing that a person knows."""
    agent = request.headers.get("User-Agent", "")[:500]
    found = [next((word for sign, word in signs if sign in agent), "") for signs in (_PROGRAMS, _SYSTEMS)]
    return ", ".join(word for word in found if word)


def known_browser(request: OfficeRequest, user: User | None) -> str | None:
    """The name of this browser, if the account knows it."""
    if user is None:
        return None
    try:
        number, name, since_ms = signing.loads(request.COOKIES.get(_cookie(user), ""), salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    fresh = request.now_ms - KNOWN_MS_MAX <= since_ms <= request.now_ms and since_ms >= user.trusted_since_ms
    return str(name) if fresh and number == user.pk else None


def remember_browser(request: OfficeRequest, response: HttpResponse, user: User) -> None:
    name = known_browser(request, user) or secrets.token_urlsafe(12)
    response.set_cookie(
        _cookie(user),
        signing.dumps([user.pk, name, request.now_ms], salt=_SALT),
        max_age=KNOWN_MS_MAX // 1000,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _cookie(user: User) -> str:
    prefix = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
    return f"{prefix}hadir_kenal_{user.pk}"
