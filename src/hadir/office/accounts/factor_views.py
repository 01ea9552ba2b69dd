"""Other people's second factors: who must have one, who has none, a lost one reset by two; and log-ins that failed."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Max, Sum
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hadir.office.accounts.actions import may_reset
from hadir.office.accounts.confirming import confirms_again
from hadir.office.accounts.demands import covers_site, demands, may_set_demand, set_demand, without_factor
from hadir.office.accounts.factors import live_factors
from hadir.office.accounts.forms import DemandForm
from hadir.office.accounts.log_ins import address_of
from hadir.office.accounts.models import FactorReset, LogIn, Outcome, ResetState, User
from hadir.office.accounts.queries import accounts_in_sight, described
from hadir.office.accounts.resets import agree_reset, ask_reset, asked_reset, refuse_reset
from hadir.office.acts.told import reason_of
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.forms import REASON_LENGTH_MAX, error_codes, typed
from hadir.office.page.lists import one_of, page_of
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import person_in_sight
from hadir.office.roles import SEE_ACCOUNT, SEE_LOG_INS, Role

PAGE_ROWS = 50
FAILURES_DAYS = 7


@require_GET
def factors(request: OfficeRequest) -> HttpResponse:
    """From when which role needs a second factor, who has none, and which resets wait."""
    if not request.actor.paths(SEE_ACCOUNT.roles):
        raise PermissionDenied
    day = day_here(request)
    page = page_of(request, without_factor(request.actor, day))
    in_sight = accounts_in_sight(request.actor, day)
    context = {
        "demands": demands(),
        "may_set": may_set_demand(request.actor),
        "rows": described(list(page.object_list), day),
        "page": page,
        "resets": FactorReset.objects.filter(state=ResetState.ASKED, user__in=in_sight).select_related("user__person"),
        "done": request.GET.get("selesai", ""),
    }
    return render(request, "accounts/factors.html", context)


@require_http_methods(["GET", "POST"])
@confirms_again
def demand(request: OfficeRequest, role: str) -> HttpResponse:
    """From which day a role needs one."""
    held = next((one for one in demands() if one.role.value == role), None)
    if not may_set_demand(request.actor):
        raise PermissionDenied
    if held is None or held.is_fixed:
        raise Http404
    form = DemandForm(request.POST if request.method == "POST" else None, today=day_here(request))
    if form.is_valid():
        given = form.cleaned_data
        set_demand(role=Role(role), from_date=given["from_date"], by=act_by(request, given["reason"]))
        return HttpResponseRedirect(f"{reverse('factors')}?selesai=demand")
    context = {
        "held": held,
        "given": typed(form) or {"from_date": held.from_date.isoformat() if held.from_date else ""},
    }
    return form_page(request, "accounts/factor_demand.html", context, error_codes(form))


@never_cache
@require_http_methods(["GET", "POST"])
@confirms_again
def reset(request: OfficeRequest, person: int) -> HttpResponse:
    """Ask that somebody's lost factor be reset; or see what somebody else asked."""
    found, user, day = _whose(request, person)
    if request.method == "GET":
        return _page(request, found, user)
    reason = str(request.POST.get("reason", ""))[:REASON_LENGTH_MAX]
    try:
        ask_reset(user=user, by=act_by(request, reason), day=day)
    except ActError as error:
        return _page(request, found, user, error)
    return HttpResponseRedirect(reverse("account-factor", args=[found.number]))


@never_cache
@require_POST
@confirms_again
def answer(request: OfficeRequest, person: int) -> HttpResponse:
    """Do it, or do not. The code to hand over is shown once, on the answer to this very request."""
    found, user, day = _whose(request, person)
    try:
        if request.POST.get("jawab") == "setuju":
            code = agree_reset(user=user, by=act_by(request), day=day)
            return _page(request, found, user, code=code)
        refuse_reset(user=user, by=act_by(request), day=day)
    except ActError as error:
        return _page(request, found, user, error)
    return HttpResponseRedirect(reverse("account", args=[found.number]))


def _whose(request: OfficeRequest, person: int) -> tuple[Person, User, date]:
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_ACCOUNT, person, day, ahead=True)
    user = User.objects.filter(person=found).first()
    if user is None:
        raise Http404
    if not may_reset(request.actor, user, day):
        raise PermissionDenied
    return found, user, day


def _page(request: OfficeRequest, person: Person, user: User, trouble: Trouble = None, code: str = "") -> HttpResponse:
    asked = asked_reset(user)
    context = {
        "person": person,
        "account": user,
        "factors": live_factors(user),
        "asked": asked,
        "reason": reason_of(asked.asked_record) if asked else "",
        "is_mine": asked is not None and asked.asked_by_id == request.actor.person,
        "code": code,
        "zone": HERE.site.zone,
    }
    return form_page(request, "accounts/factor_reset.html", context, trouble)


@require_GET
def log_ins(request: OfficeRequest) -> HttpResponse:
    """The auditor sees every log-in with its address; personnel which accounts somebody failed to enter, how often."""
    if not request.actor.paths(SEE_ACCOUNT.roles):
        raise PermissionDenied
    day = day_here(request)
    in_sight = accounts_in_sight(request.actor, day)
    since_ms = request.now_ms - int(timedelta(days=FAILURES_DAYS).total_seconds() * 1000)
    failed = LogIn.objects.filter(at_ms__gt=since_ms, user__in=in_sight).exclude(outcome=Outcome.GOOD)
    by_account = failed.order_by().values("user__person", "user__person__full_name", "user__login")
    counted = by_account.annotate(n=Sum("times"), last_ms=Max("at_ms")).order_by("-n", "user__login")
    context = {
        "counted": counted[:PAGE_ROWS],
        "days": FAILURES_DAYS,
        "zone": HERE.site.zone,
        **_all_of_them(request),
    }
    return render(request, "accounts/log_ins.html", context)


def _all_of_them(request: OfficeRequest) -> dict[str, object]:
    paths = request.actor.paths(SEE_LOG_INS.roles)
    if not paths:
        return {"sees_all": False}
    outcome = one_of(request.GET, "hasil", Outcome.values)
    seen = LogIn.objects.filter(user__in=accounts_in_sight(request.actor, day_here(request)))
    if covers_site(paths):
        seen = seen | LogIn.objects.filter(user=None)
    if outcome:
        seen = seen.filter(outcome=outcome)
    page = page_of(request, seen.select_related("user__person", "record"), {"hasil": outcome})
    return {
        "sees_all": True,
        "rows": [(row, address_of(row)) for row in page.object_list],
        "page": page,
        "outcome": outcome,
        "outcomes": Outcome.values,
    }
