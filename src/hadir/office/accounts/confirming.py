"""Before an act that decides pay or power, whoever is logged in proves again who it is: ten minutes later, a browser
that was left open may be in other hands.

    @confirms_again
    def close(request: OfficeRequest, …) -> HttpResponse:

What was filled in stays: the page that asks sends it along.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.hashers import check_password
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters

from hadir.office.accounts import throttle
from hadir.office.accounts.entering import check_factor
from hadir.office.accounts.forms import PASSWORD_LENGTH_MAX
from hadir.office.accounts.log_ins import note_bad
from hadir.office.accounts.models import LogInOutcome
from hadir.office.accounts.security_keys import ask_key
from hadir.office.accounts.sessions import end_session, user_of
from hadir.office.accounts.throttle import count
from hadir.office.page.requests import OfficeRequest

P = ParamSpec("P")
CONFIRMED_MS_MAX = 10 * 60_000
_FIELDS = frozenset({"csrfmiddlewaretoken", "confirm", "confirm_password", "confirm_code", "confirm_key"})
_AGAIN, _FIRST = "again", "first"


def confirms_again(
    view: Callable[Concatenate[OfficeRequest, P], HttpResponse],
) -> Callable[Concatenate[OfficeRequest, P], HttpResponse]:
    """The act happens when its sender proved within ten minutes, or proves now, who it is."""

    @wraps(view)
    @sensitive_post_parameters("confirm_password", "confirm_code", "confirm_key")
    def asked(request: OfficeRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        question = _question(request, _AGAIN) if request.method == "POST" else None
        return question or view(request, *args, **kwargs)

    return asked


def confirms_first(
    view: Callable[Concatenate[OfficeRequest, P], HttpResponse],
) -> Callable[Concatenate[OfficeRequest, P], HttpResponse]:
    """Also the page itself is shown only then."""

    @wraps(view)
    @sensitive_post_parameters("confirm_password", "confirm_code", "confirm_key")
    def asked(request: OfficeRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        question = _question(request, _AGAIN if request.method == "POST" else _FIRST)
        if question is None and request.POST.get("confirm") == _FIRST:
            return HttpResponseRedirect(request.get_full_path())
        return question or view(request, *args, **kwargs)

    return asked


def is_confirmed(request: OfficeRequest) -> bool:
    at_ms = request.session.get("confirmed_ms")
    return at_ms is not None and 0 <= request.now_ms - at_ms < CONFIRMED_MS_MAX


def _question(request: OfficeRequest, when: str) -> HttpResponse | None:
    """The page that asks who it is; None for somebody who has said so."""
    if is_confirmed(request):
        return None
    trouble, wait_ms = "", 0
    if "confirm" in request.POST:
        when = _FIRST if request.POST["confirm"] == _FIRST else _AGAIN
        trouble, wait_ms = _prove(request)
        if not trouble and not wait_ms:
            request.session["confirmed_ms"] = request.now_ms
            return None
        key = f"confirm {request.session.session_key}"
        if not wait_ms and count(key, throttle.CONFIRM, request.now_ms) >= throttle.CONFIRM.free:
            end_session(request)
            return HttpResponseRedirect("/kantor/masuk/")
    context = {
        "when": when,
        "kept": [(name, value) for name in request.POST if name not in _FIELDS for value in request.POST.getlist(name)],
        "trouble": trouble,
        "wait_seconds": -(-wait_ms // 1000),
        "asks_factor": user_of(request).asks_factor,
        "key_options": ask_key(request, user_of(request)) if user_of(request).asks_factor else "",
        "minutes": CONFIRMED_MS_MAX // 60_000,
    }
    return render(request, "accounts/confirm.html", context, status=429 if wait_ms else 401)


def _prove(request: OfficeRequest) -> tuple[str, int]:
    """What is wrong, or how long to wait; neither when both are right."""
    user = user_of(request)
    # Not `user.check_password`: it may keep the password anew, at other costs, which would end this session.
    if not check_password(str(request.POST.get("confirm_password", ""))[:PASSWORD_LENGTH_MAX], user.password):
        note_bad(request, user, LogInOutcome.PASSWORD)
        return "confirm.trouble.password", 0
    if not user.asks_factor:
        return "", 0
    answer = check_factor(request, user, code_field="confirm_code", key_field="confirm_key")
    return "" if answer.user or answer.wait_ms else "confirm.trouble.factor", answer.wait_ms
