from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from hadir.office.accounts.queries import actor_of
from hadir.office.accounts.sessions import IDLE_MS_MAX, SESSION_MS_MAX, end_session, note_used
from hadir.office.page.busy import note_written
from hadir.office.page.requests import OfficeRequest, is_poll, wants_part
from hadir.office.page.today import day_here
from hadir.office.roles import NOBODY

Handler = Callable[[HttpRequest], HttpResponse]

_WRITE_EVERY_MS = 60_000
_ALWAYS_OPEN = ("/kantor/keluar/", "/kantor/bahasa/", "/kantor/static/")
_OPEN_WITH_ONE_TIME_PASSWORD = ("/kantor/sandi/", *_ALWAYS_OPEN)
_OPEN_WITHOUT_FACTOR = ("/kantor/saya/", "/kantor/sandi/", *_ALWAYS_OPEN)


def session_limits(get_response: Handler) -> Handler:
    """Thirty idle minutes or twelve hours end a session. A page that refreshes itself is not a person at work."""

    def middleware(request: HttpRequest) -> HttpResponse:
        office = cast("OfficeRequest", request)
        if request.session.get("began_ms") is not None:
            _limit(office)
        note_written(office)
        return get_response(request)

    return middleware


def _limit(request: OfficeRequest) -> None:
    began_ms, active_ms = request.session["began_ms"], request.session["active_ms"]
    if request.now_ms - began_ms >= SESSION_MS_MAX or request.now_ms - active_ms >= IDLE_MS_MAX:
        end_session(request)
    elif not is_poll(request) and abs(request.now_ms - active_ms) >= _WRITE_EVERY_MS:
        request.session["active_ms"] = request.now_ms
        # Now, not with the answer: a session that cannot be written must not make an act look undone.
        request.session.save()
        note_used(request)
        request.session.modified = False


def actor(get_response: Handler) -> Handler:
    """Who asks, with the roles that are in force at this moment.

    A password that somebody else has seen opens one page: the one on which its owner chooses another. Whose role
    demands a second factor gets to the page on which one is added, and no further.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        office = cast("OfficeRequest", request)
        office.actor = actor_of(office.user, day_here(office)) if office.user.is_authenticated else NOBODY
        if office.actor is NOBODY and wants_part(request):
            # A part of a page cannot hold the log-in: the page itself goes there, and comes back afterwards.
            here = urlsplit(request.headers.get("HX-Current-URL", "")).path
            return _elsewhere(request, f"/kantor/masuk/?{urlencode({'next': here})}")
        held = office.user.is_authenticated and office.user.has_one_time_password
        if held and not request.path.startswith(_OPEN_WITH_ONE_TIME_PASSWORD):
            return _elsewhere(request, "/kantor/sandi/")
        if office.actor.owes_factor and not request.path.startswith(_OPEN_WITHOUT_FACTOR):
            return _elsewhere(request, "/kantor/saya/")
        return get_response(request)

    return middleware


def _elsewhere(request: HttpRequest, url: str) -> HttpResponse:
    if wants_part(request):
        return HttpResponse(status=401, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
