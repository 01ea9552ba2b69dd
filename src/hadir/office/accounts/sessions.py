"""Sessions of an account that go on: begun, seen by their owner, ended one by one or all at once; and its browsers.

A log-in leaves a signed cookie of its account for half a year. It opens nothing: it only says that guesses of others do
not slow this browser down.
"""

import secrets

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth import logout as forget
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse

from hadir.office.accounts.models import OpenSession, User
from hadir.office.page.requests import OfficeRequest, caller_address

IDLE_MS_MAX = 30 * 60_000
SESSION_MS_MAX = 12 * 3_600_000
LISTED_MAX = 50
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


@transaction.atomic
def begin_session(request: OfficeRequest, user: User) -> None:
    """A fresh session id, whatever the browser brought. Whoever begins one has just confirmed who it is."""
    end_session(request)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session["began_ms"] = request.session["active_ms"] = request.session["confirmed_ms"] = request.now_ms
    _remove(OpenSession.objects.filter(user=user).exclude(pk__in=going_on(user, request.now_ms).values("pk")))
    _list(request, user)


def _list(request: OfficeRequest, user: User) -> None:
    OpenSession.objects.create(
        key=request.session.session_key or "",
        user=user,
        began_ms=request.session["began_ms"],
        used_ms=request.now_ms,
        address=caller_address(request)[:60],
        browser=browser_words(request),
    )


def end_session(request: OfficeRequest) -> None:
    """This one, with everything that it holds."""
    OpenSession.objects.filter(key=request.session.session_key or "").delete()
    forget(request)


def note_used(request: OfficeRequest) -> None:
    """Now; a session that began before sessions were listed is listed from now on."""
    mine = OpenSession.objects.filter(key=request.session.session_key or "")
    if not mine.update(used_ms=request.now_ms) and request.user.is_authenticated:
        _list(request, user_of(request))


def going_on(user: User, now_ms: int) -> QuerySet[OpenSession]:
    """What neither its owner nor the clock has ended."""
    return OpenSession.objects.filter(user=user, used_ms__gt=now_ms - IDLE_MS_MAX, began_ms__gt=now_ms - SESSION_MS_MAX)


def end_one(user: User, number: int) -> None:
    _remove(OpenSession.objects.filter(user=user, pk=number))


def end_others(user: User, but: str) -> None:
    _remove(OpenSession.objects.filter(user=user).exclude(key=but))


def end_all(user: User, *, at_ms: int) -> None:
    """Also those that nobody listed: what they hold of their account is true no more."""
    user.trusted_since_ms = max(user.trusted_since_ms, at_ms) + 1
    user.save(update_fields=["trusted_since_ms"])
    _remove(OpenSession.objects.filter(user=user))


@transaction.atomic
def _remove(rows: QuerySet[OpenSession]) -> None:
    if keys := list(rows.values_list("key", flat=True)):
        Session.objects.filter(session_key__in=keys).delete()
        OpenSession.objects.filter(key__in=keys).delete()


def user_of(request: OfficeRequest) -> User:
    """The log-in of a page that only somebody who is logged in gets."""
    assert isinstance(request.user, User)
    return request.user


# --- browsers ---------------------------------------------------------------------------------------------------------


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
