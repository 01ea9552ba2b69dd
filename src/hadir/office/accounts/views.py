"""In and out: a name and a password, the second factor where there is one, another password, and the end."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hadir.clock import SystemClock
from hadir.office.accounts.actions import choose_password
from hadir.office.accounts.entering import LoginAnswer, check_factor, check_login
from hadir.office.accounts.factors import live_factors
from hadir.office.accounts.forms import LoginForm, PasswordForm
from hadir.office.accounts.log_ins import HALF_MS_MAX, note_bad, note_good, note_whole
from hadir.office.accounts.models import LogIn, LogInOutcome, User
from hadir.office.accounts.security_keys import ask_key
from hadir.office.accounts.sessions import (
    begin_session,
    end_others,
    end_session,
    known_browser,
    remember_browser,
    user_of,
)
from hadir.office.accounts.turns import BusyError, Turns
from hadir.office.ground.act_error import ActError
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.requests import OfficeRequest, caller_address
from hadir.office.page.views import safe_next

_TURNS = Turns(SystemClock().mono_ms)
_HALF = "half"


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def log_in(request: OfficeRequest) -> HttpResponse:
    form = LoginForm(request.POST if request.method == "POST" else None)
    wanted = str(request.POST.get("next") or request.GET.get("next", ""))
    try:
        if request.method == "GET":
            _TURNS.check_room()
            return render(request, "accounts/log_in.html", {"form": form, "next": wanted})
        answer = _check(request, form)
    except BusyError as busy:
        return _busy(request, busy.seconds, wanted)
    if answer.user is None:
        return _not_yet(request, "accounts/log_in.html", {"form": form, "next": wanted}, answer.wait_ms)
    if answer.user.asks_factor:
        return _ask_factor(request, answer.user, wanted)
    return _enter(request, answer.user, wanted)


def _check(request: OfficeRequest, form: LoginForm) -> LoginAnswer:
    if not form.is_valid():
        return LoginAnswer()
    with _TURNS.turn():
        answer = check_login(
            login=form.cleaned_data["login"],
            password=form.cleaned_data["password"],
            address=caller_address(request),
            now_ms=request.now_ms,
            browser_of=lambda user: known_browser(request, user),
        )
    if answer.user is None and not answer.wait_ms:
        note_bad(request, answer.named, LogInOutcome.PASSWORD)
    return answer


def _not_yet(request: OfficeRequest, template: str, context: dict[str, Any], wait_ms: int) -> HttpResponse:
    """It did not fit, or was not looked at; a wait is told in seconds, and has an end."""
    seconds = -(-wait_ms // 1000)
    told = {**context, "failed": True, "wait_seconds": seconds}
    response = render(request, template, told, status=429 if wait_ms else 401)
    if wait_ms:
        response["Retry-After"] = str(seconds)
    return response


def _busy(request: OfficeRequest, seconds: int, wanted: str) -> HttpResponse:
    """Not now, and when; the page asks again by itself."""
    again = f"/kantor/masuk/?{urlencode({'next': wanted})}" if wanted else "/kantor/masuk/"
    context = {"seconds": seconds, "again": again, "sent": request.method == "POST"}
    response = render(request, "accounts/busy.html", context, status=503)
    response["Retry-After"] = str(seconds)
    return response


@transaction.atomic
def _ask_factor(request: OfficeRequest, user: User, wanted: str) -> HttpResponse:
    """The password was right: a session that holds nothing but that, for five minutes."""
    end_session(request)
    request.session[_HALF] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "ms": request.now_ms,
        "next": wanted,
        "row": note_bad(request, user, LogInOutcome.HALF),
    }
    return HttpResponseRedirect(reverse("log-in-factor"))


@login_not_required
@never_cache
@sensitive_post_parameters("code", "key")
@require_http_methods(["GET", "POST"])
def factor(request: OfficeRequest) -> HttpResponse:
    half: dict[str, Any] | None = request.session.get(_HALF)
    user = _half_in(request, half)
    if user is None:
        return HttpResponseRedirect(reverse("log-in"))
    if request.method == "GET":
        return render(request, "accounts/factor.html", _factor_context(request, user))
    answer = check_factor(request, user, code_field="code", key_field="key")
    if answer.user is not None:
        assert half is not None
        note_whole(half["row"])
        return _enter(request, user, half["next"])
    return _not_yet(request, "accounts/factor.html", _factor_context(request, user), answer.wait_ms)


def _half_in(request: OfficeRequest, half: dict[str, Any] | None) -> User | None:
    """Whose password was right a moment ago, and is still."""
    if half is None or not 0 <= request.now_ms - half["ms"] < HALF_MS_MAX:
        return None
    user = User.objects.select_related("person").filter(pk=half["user"], is_active=True).first()
    same = user is not None and constant_time_compare(half["hash"], user.get_session_auth_hash())
    return user if same else None


def _factor_context(request: OfficeRequest, user: User) -> dict[str, Any]:
    return {"key_options": ask_key(request, user), "is_handed_over": not live_factors(user).exists()}


@transaction.atomic
def _enter(request: OfficeRequest, user: User, wanted: str) -> HttpResponse:
    """Whoever has something to be told is shown that first."""
    before = LogIn.objects.filter(user=user, outcome=LogInOutcome.GOOD).values_list("at_ms", flat=True).first() or 0
    begin_session(request, user)
    note_good(request, user)
    is_told = user.notes.filter(at_ms__gt=before).exists()
    response = HttpResponseRedirect(reverse("own") if is_told else safe_next(request, wanted))
    remember_browser(request, response, user)
    return response


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
def password(request: OfficeRequest) -> HttpResponse:
    """Choose one's own password; the only page that a one-time password opens. All other sessions end."""
    if request.method == "GET":
        return _ask_password(request)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _ask_password(request, ActError("password.different", field="again"))
    try:
        choose_password(user=user_of(request), at_ms=request.now_ms, **form.cleaned_data)
    except ActError as error:
        return _ask_password(request, error)
    end_others(user_of(request), but="")
    begin_session(request, user_of(request))
    return HttpResponseRedirect("/kantor/")


def _ask_password(request: OfficeRequest, trouble: Trouble = None) -> HttpResponse:
    context = {"once": user_of(request).has_one_time_password}
    return form_page(request, "accounts/password.html", context, trouble)


@require_POST
def log_out(request: OfficeRequest) -> HttpResponse:
    end_session(request)
    return HttpResponseRedirect("/kantor/masuk/")
