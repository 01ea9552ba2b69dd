"""One's own log-in: its second factors, its sessions, and who came in by it."""

from functools import partial

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from hadir.clock import SystemClock
from hadir.office.accounts.app_codes import app_address, new_seed
from hadir.office.accounts.confirming import confirms_again, confirms_first
from hadir.office.accounts.factors import (
    add_app,
    add_key,
    codes_left,
    live_factors,
    make_codes,
    remove_factor,
)
from hadir.office.accounts.log_ins import address_of
from hadir.office.accounts.models import FactorKind, LogIn
from hadir.office.accounts.queries import demanded_from
from hadir.office.accounts.sealing import SealError, seal, unseal
from hadir.office.accounts.security_keys import KeyAnswerError, ask_new_key, can_use_keys, read_new_key
from hadir.office.accounts.sessions import LISTED_MAX, end_one, end_others, going_on, user_of
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest
from hadir.office.page.today import day_here
from hadir.records.encoding import b64url, un_b64url

NOTES_MS_MAX = 30 * 24 * 3_600_000
_SEED = "new_app_seed"


@require_GET
def own(request: OfficeRequest) -> HttpResponse:
    """What protects this log-in, what its owner should know, and where to go from here."""
    user = user_of(request)
    context = {
        "factors": list(live_factors(user)),
        "codes_left": codes_left(user),
        "demanded_from": demanded_from(user, day_here(request)),
        "today": day_here(request),
        "notes": list(user.notes.filter(at_ms__gt=request.now_ms - NOTES_MS_MAX).select_related("by")[:LISTED_MAX]),
        "sessions": going_on(user, request.now_ms).count(),
        "can_use_keys": can_use_keys(request),
        "zone": HERE.site.zone,
        "done": request.GET.get("selesai", ""),
    }
    return render(request, "accounts/own.html", context)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@confirms_first
def app(request: OfficeRequest) -> HttpResponse:
    """A seed for an app, shown until its first code is right."""
    seed = _kept_seed(request)
    if request.method == "GET":
        return _ask_app(request, seed or _fresh_seed(request))
    if seed is None:
        return _ask_app(request, _fresh_seed(request), ActError("factors.trouble.stale"))
    try:
        codes = add_app(
            user=user_of(request),
            seed=seed,
            code=str(request.POST.get("code", "")),
            code_ms=SystemClock().now_ms(),
            at_ms=request.now_ms,
        )
    except ActError as error:
        return _ask_app(request, seed, error)
    del request.session[_SEED]
    return _told(request, codes)


def _fresh_seed(request: OfficeRequest) -> bytes:
    """Kept sealed in the session until the app has shown a code of it."""
    seed = new_seed()
    request.session[_SEED] = b64url(seal(seed, f"new app of account/{user_of(request).pk}"))
    return seed


def _kept_seed(request: OfficeRequest) -> bytes | None:
    try:
        return unseal(un_b64url(request.session[_SEED]), f"new app of account/{user_of(request).pk}")
    except (KeyError, SealError):
        return None


def _ask_app(request: OfficeRequest, seed: bytes, trouble: Trouble = None) -> HttpResponse:
    address = app_address(seed, login=user_of(request).login, site=f"Hadir {HERE.site.name}")
    secret = address.partition("secret=")[2].partition("&")[0]
    context = {
        "address": address,
        "secret": " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
    }
    return form_page(request, "accounts/own_app.html", context, trouble)


@never_cache
@require_http_methods(["GET", "POST"])
@confirms_first
def key(request: OfficeRequest) -> HttpResponse:
    """A security key or passkey, which the browser makes."""
    if not can_use_keys(request):
        return render(request, "accounts/own_key.html", {"options": ""})
    if request.method == "GET":
        return _ask_key(request)
    try:
        credential, uses = read_new_key(request, str(request.POST.get("key", "")))
        name = str(request.POST.get("name", "")).replace("\0", "")
        codes = add_key(user=user_of(request), credential=credential, uses=uses, name=name, at_ms=request.now_ms)
    except KeyAnswerError:
        return _ask_key(request, ActError("factors.trouble.key", field="key"))
    except ActError as error:
        return _ask_key(request, error)
    return _told(request, codes)


def _ask_key(request: OfficeRequest, trouble: Trouble = None) -> HttpResponse:
    keys = live_factors(user_of(request)).filter(kind=FactorKind.KEY)
    context = {
        "options": ask_new_key(request, user_of(request), list(keys)),
        "name": request.POST.get("name", ""),
    }
    return form_page(request, "accounts/own_key.html", context, trouble)


def _told(request: OfficeRequest, codes: list[str]) -> HttpResponse:
    """The first factor comes with backup codes, which are shown on this very answer and never again."""
    if not codes:
        return HttpResponseRedirect(f"{reverse('own')}?selesai=add")
    return render(request, "accounts/own_codes.html", {"codes": codes, "is_new": True})


@never_cache
@require_http_methods(["GET", "POST"])
@confirms_again
def codes(request: OfficeRequest) -> HttpResponse:
    """New backup codes instead of those from before."""
    if not live_factors(user_of(request)).exists():
        return HttpResponseRedirect(reverse("own"))
    if request.method == "GET":
        return render(request, "accounts/own_codes.html", {"left": codes_left(user_of(request))})
    made = make_codes(user=user_of(request), at_ms=request.now_ms)
    return render(request, "accounts/own_codes.html", {"codes": made})


@require_http_methods(["GET", "POST"])
@confirms_again
def remove(request: OfficeRequest, number: int) -> HttpResponse:
    user = user_of(request)
    row = live_factors(user).filter(pk=number).first()
    if row is None:
        return HttpResponseRedirect(reverse("own"))
    context = {"factor": row, "is_last": live_factors(user).count() == 1, "zone": HERE.site.zone}
    ask = partial(form_page, request, "accounts/own_remove.html", context)
    if request.method == "GET":
        return ask()
    demanded = demanded_from(user, day_here(request))
    is_demanded = demanded is not None and demanded <= day_here(request)
    act = partial(remove_factor, user=user, number=number, at_ms=request.now_ms, is_demanded=is_demanded)
    return carry_out(act, ask, f"{reverse('own')}?selesai=remove")


@require_http_methods(["GET", "POST"])
def sessions(request: OfficeRequest) -> HttpResponse:
    """Where this log-in is open now, and the end of it there."""
    here = request.session.session_key or ""
    if request.method == "POST":
        asked = request.POST.get("sesi", "")
        if asked == "lain":
            end_others(user_of(request), but=here)
        elif asked.isascii() and asked.isdigit():
            end_one(user_of(request), int(asked[:18]))
        return HttpResponseRedirect(f"{reverse('own-sessions')}?selesai=end")
    found = going_on(user_of(request), request.now_ms)[:LISTED_MAX]
    rows = sorted(found, key=lambda row: row.key != here)
    context = {
        "rows": [(row, row.key == here) for row in rows],
        "others": any(row.key != here for row in rows),
        "zone": HERE.site.zone,
        "done": request.GET.get("selesai", ""),
    }
    return render(request, "accounts/own_sessions.html", context)


@require_GET
def own_log_ins(request: OfficeRequest) -> HttpResponse:
    """Who came in by this log-in, or tried to."""
    found = LogIn.objects.filter(user=user_of(request)).select_related("record")
    page = page_of(request, found)
    context = {
        "rows": [(row, address_of(row)) for row in page.object_list],
        "page": page,
        "zone": HERE.site.zone,
    }
    return render(request, "accounts/own_log_ins.html", context)
