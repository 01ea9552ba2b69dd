import logging
import sys

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from hadir.office.ground.installation import HERE, SQLITE_WAIT_SECONDS
from hadir.office.page.busy import came_too_late
from hadir.office.page.middleware import LANGUAGE_COOKIE, LANGUAGES
from hadir.retry import spread_s

LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600
_AGAIN_S = range(3, 11)
_LOG = logging.getLogger(__name__)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(safe_next(request, request.POST.get("next", "")))
    chosen = request.POST.get("bahasa")
    if chosen in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            str(chosen),
            max_age=LANGUAGE_COOKIE_SECONDS,
            secure=HERE.https,
            httponly=True,
            samesite="Lax",
        )
    return response


def safe_next(request: HttpRequest, url: str) -> str:
    """`url` if it leads to this office, else the front page: never a redirect to somebody else's site."""
    safe = url.startswith("/kantor/") and url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})
    return url if safe else "/kantor/"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's shape
    return _trouble(request, "bad_request", 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's shape
    return _trouble(request, "forbidden", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django's shape
    return _trouble(request, "not_found", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django comes here while it handles the error."""
    return _busy(request) if came_too_late(request, sys.exception()) else _trouble(request, "server_error", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's shape
    return _trouble(request, "form_expired", 403)


def _busy(request: HttpRequest) -> HttpResponse:
    """A page that was asked for asks again by itself; what was sent is not sent twice."""
    _LOG.warning("the database was locked by another program for %d s: %s", SQLITE_WAIT_SECONDS, request.path)
    seconds = spread_s(_AGAIN_S)
    context = {"seconds": seconds, "sent": request.method == "POST", "waiting_acts": 0}
    response = render(request, "page/busy.html", context, status=503)
    response["Retry-After"] = str(seconds)
    return response


def _trouble(request: HttpRequest, what: str, status: int) -> HttpResponse:
    context = {
        "title_code": f"trouble.{what}.title",
        "text_code": f"trouble.{what}.text",
        "waiting_acts": 0,  # what waits is not looked up for a page that says only that there is none
    }
    return render(request, "page/trouble.html", context, status=status)
