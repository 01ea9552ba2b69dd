from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib.auth import login as begin_session
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hadir.clock import SystemClock
from hadir.office.accounts.actions import (
    LoginAnswer,
    PasswordError,
    PasswordTrouble,
    check_login,
    choose_password,
    may_reset,
    reset_password,
)
from hadir.office.accounts.forms import LoginForm, PasswordForm
from hadir.office.accounts.models import User
from hadir.office.accounts.permissions import MAKE_ACCOUNT, SEE_ACCOUNT
from hadir.office.accounts.queries import accounts_in_sight, described
from hadir.office.accounts.turns import BusyError, Turns
from hadir.office.acts.actions import REASON_LENGTH_MAX
from hadir.office.page.moments import day_here
from hadir.office.page.requests import caller_address
from hadir.office.page.views import safe_next
from hadir.office.people.queries import person_in_sight

if TYPE_CHECKING:
    from hadir.office.page.requests import OfficeRequest

PAGE_ROWS = 50
SEARCH_LENGTH_MAX = 100
_TURNS = Turns(SystemClock().mono_ms)


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
        context = {"form": form, "next": wanted, "wait_seconds": -(-answer.wait_ms // 1000), "failed": True}
        return render(request, "accounts/log_in.html", context, status=429 if answer.wait_ms else 401)
    _begin(request, answer.user)
    return HttpResponseRedirect(safe_next(request, wanted))


def _check(request: OfficeRequest, form: LoginForm) -> LoginAnswer:
    if not form.is_valid():
        return LoginAnswer()
    with _TURNS.turn():
        return check_login(
            login=form.cleaned_data["login"],
            password=form.cleaned_data["password"],
            address=caller_address(request),
            now_ms=request.now_ms,
        )


def _busy(request: OfficeRequest, seconds: int, wanted: str) -> HttpResponse:
    """Not now, and when; the page asks again by itself."""
    again = f"/kantor/masuk/?{urlencode({'next': wanted})}" if wanted else "/kantor/masuk/"
    context = {"seconds": seconds, "again": again, "sent": request.method == "POST"}
    response = render(request, "accounts/busy.html", context, status=503)
    response["Retry-After"] = str(seconds)
    return response


@transaction.atomic
def _begin(request: OfficeRequest, user: User) -> None:
    """A fresh session id, whatever the browser brought."""
    request.session.flush()
    begin_session(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session["began_ms"] = request.session["active_ms"] = request.now_ms


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
def password(request: OfficeRequest) -> HttpResponse:
    """Choose one's own password; the only page that a one-time password opens."""
    if request.method == "GET":
        return render(request, "accounts/password.html", {"once": request.user.has_one_time_password})
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _ask_password(request, PasswordTrouble.DIFFERENT)
    try:
        choose_password(user=request.user, at_ms=request.now_ms, **form.cleaned_data)
    except PasswordError as error:
        return _ask_password(request, error.trouble)
    _begin(request, request.user)
    return HttpResponseRedirect("/kantor/")


def _ask_password(request: OfficeRequest, trouble: PasswordTrouble) -> HttpResponse:
    context = {"once": request.user.has_one_time_password, "trouble": trouble.value}
    return render(request, "accounts/password.html", context, status=409)


@require_GET
def accounts(request: OfficeRequest) -> HttpResponse:
    """Who may log in, and what for."""
    if not request.actor.paths(SEE_ACCOUNT.roles):
        raise PermissionDenied
    day = day_here(request)
    text = request.GET.get("cari", "")[:SEARCH_LENGTH_MAX].replace("\0", "").strip()
    page = Paginator(accounts_in_sight(request.actor, day, text), PAGE_ROWS).get_page(request.GET.get("halaman"))
    context = {
        "rows": described(list(page.object_list), day),
        "page": page,
        "text": text,
        "keep": urlencode({"cari": text}) + "&",
        "may_make": bool(request.actor.paths(MAKE_ACCOUNT.roles)),
    }
    return render(request, "accounts/accounts.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def reset(request: OfficeRequest, person: int) -> HttpResponse:
    """A one-time password for somebody who has forgotten his own; shown once, on the answer to this very request."""
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_ACCOUNT, person, day)
    user = User.objects.filter(person=found).first()
    if user is None:
        raise Http404
    if not may_reset(request.actor, user, day):
        raise PermissionDenied
    if request.method == "GET":
        return render(request, "accounts/reset.html", {"account": user, "person": found})
    reason = str(request.POST.get("reason", ""))[:REASON_LENGTH_MAX]
    try:
        password = reset_password(user=user, by=request.actor, at_ms=request.now_ms, day=day, reason=reason)
    except PasswordError as error:
        context = {"account": user, "person": found, "trouble": error.trouble.value}
        return render(request, "accounts/reset.html", context, status=409)
    return render(request, "accounts/reset.html", {"account": user, "person": found, "password": password})


@require_POST
def log_out(request: OfficeRequest) -> HttpResponse:
    end_session(request)
    return HttpResponseRedirect("/kantor/masuk/")
