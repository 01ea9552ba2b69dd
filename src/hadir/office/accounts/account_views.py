"""Other people's log-ins: listed, made, given roles and relieved of them; a password or a lost second factor reset, who
must have a factor, and log-ins that failed.
"""

from datetime import date, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db.models import Max, Sum
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hadir.office.accounts.actions import (
    end_role,
    give_role,
    make_account,
    may_reset,
    may_set_demand,
    reset_password,
    set_demand,
)
from hadir.office.accounts.confirming import confirms_again
from hadir.office.accounts.factors import agree_reset, ask_reset, asked_reset, live_factors, refuse_reset
from hadir.office.accounts.forms import DemandForm, EndRoleForm, MakeForm, RoleForm
from hadir.office.accounts.log_ins import address_of
from hadir.office.accounts.models import FactorReset, LogIn, LogInOutcome, ResetState, RoleGrant, User
from hadir.office.accounts.queries import (
    accounts_in_sight,
    covers_site,
    demands,
    described,
    roles_of,
    without_factor,
)
from hadir.office.acts.queries import reason_of
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.forms import REASON_LENGTH_MAX, error_codes, typed
from hadir.office.page.lists import one_of, page_of, searched
from hadir.office.page.requests import OfficeRequest, act_by, require
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import home_of, person_in_sight, thing_of
from hadir.office.roles import GRANT_ROLE, MAKE_ACCOUNT, SEE_ACCOUNT, SEE_LOG_INS, ActBy, Role, may, may_grant
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_in_sight

FAILED_SHOWN_MAX = 50
FAILURES_DAYS = 7


@require_GET
def accounts(request: OfficeRequest) -> HttpResponse:
    require(request, SEE_ACCOUNT)
    day, text = day_here(request), searched(request.GET)
    page = page_of(request, accounts_in_sight(request.actor, day, text), {"cari": text})
    context = {
        "rows": described(list(page.object_list), day),
        "page": page,
        "text": text,
        "may_make": bool(request.actor.paths(MAKE_ACCOUNT.roles)),
    }
    return render(request, "accounts/accounts.html", context)


@require_GET
def account(request: OfficeRequest, person: int) -> HttpResponse:
    """Who it is, what the log-in may do from when until when, and what may be done with it."""
    found, user, day = _whose(request, person)
    context = {
        "person": found,
        "account": user,
        "home": home_of(found.number, day),
        "roles": roles_of(request.actor, user, day) if user else [],
        "may_reset": user is not None and may_reset(request.actor, user, day),
        "may_make": user is None and may(request.actor, MAKE_ACCOUNT, thing_of(found, day, ahead=True)),
        "may_give": user is not None and _may_give(request, found),
        "factors": list(live_factors(user)) if user else [],
        "reset_asked": asked_reset(user) if user else None,
        "is_me": found.number == request.actor.person,
        "done": request.GET.get("selesai", ""),
    }
    return render(request, "accounts/account.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def make(request: OfficeRequest, person: int) -> HttpResponse:
    """A new log-in; its one-time password is shown once, on the answer to this very request."""
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_ACCOUNT, person, day, ahead=True)
    if not may(request.actor, MAKE_ACCOUNT, thing_of(found, day, ahead=True)):
        raise PermissionDenied
    form = MakeForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"person": found, "given": typed(form)}
    if not form.is_valid():
        return form_page(request, "accounts/make.html", context, error_codes(form))
    login = context["login"] = form.cleaned_data["login"]
    try:
        by = act_by(request, form.cleaned_data["reason"])
        context["password"] = make_account(person=found, login=login, by=by, day=day)
    except ActError as error:
        return form_page(request, "accounts/make.html", context, error)
    return render(request, "accounts/make.html", context)


@require_http_methods(["GET", "POST"])
@confirms_again
def grant(request: OfficeRequest, person: int) -> HttpResponse:
    """A role on a unit of the granter's own, for a period."""
    found, user, day = _whose(request, person)
    if not _may_give(request, found):
        raise PermissionDenied
    if user is None:
        raise Http404
    units = list(units_in_sight(request.actor, GRANT_ROLE))
    form = RoleForm(request.POST if request.method == "POST" else None, units=units, today=day)
    context = {
        "person": found,
        "account": user,
        "units": units,
        "home": home_of(found.number, day),
        "roles": [(role.value, f"accounts.role.{role.value}", f"accounts.role_may.{role.value}") for role in Role],
        "given": typed(form) or {"from_date": day.isoformat()},
    }
    ask = partial(form_page, request, "accounts/grant.html", context)
    if not form.is_valid():
        return ask(error_codes(form))
    given = form.cleaned_data
    act = partial(
        give_role,
        user=user,
        role=Role(given["role"]),
        unit=Unit.objects.get(number=given["unit"]),
        from_date=given["from_date"],
        until_date=form.until_date,
        by=act_by(request, given["reason"]),
    )
    return carry_out(act, ask, f"{reverse('account', args=[found.number])}?selesai=grant")


@require_http_methods(["GET", "POST"])
@confirms_again
def end(request: OfficeRequest, number: int) -> HttpResponse:
    row = get_object_or_404(RoleGrant.objects.current().select_related("user", "unit"), pk=number)
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_ACCOUNT, row.user.person_id, day, ahead=True)
    if not may_grant(request.actor, found.number, row.unit.path):
        raise PermissionDenied
    form = EndRoleForm(request.POST if request.method == "POST" else None, today=day)
    context = {
        "person": found,
        "row": row,
        "role_code": f"accounts.role.{row.role}",
        "given": typed(form) or {"from_date": day.isoformat()},
    }
    ask = partial(form_page, request, "accounts/end.html", context)
    if not form.is_valid():
        return ask(error_codes(form))
    by = act_by(request, form.cleaned_data["reason"])
    act = partial(end_role, grant=row, from_date=form.cleaned_data["from_date"], by=by)
    return carry_out(act, ask, f"{reverse('account', args=[found.number])}?selesai=end")


@never_cache
@require_http_methods(["GET", "POST"])
@confirms_again
def reset(request: OfficeRequest, person: int) -> HttpResponse:
    """A one-time password for somebody who has forgotten his own; shown once, on the answer to this very request."""
    found, user, day = _to_reset(request, person)
    context: dict[str, object] = {"account": user, "person": found}
    trouble = None
    if request.method == "POST":
        try:
            context["password"] = reset_password(user=user, by=_reasoned(request), day=day)
        except ActError as error:
            trouble = error
    return form_page(request, "accounts/reset.html", context, trouble)


@never_cache
@require_http_methods(["GET", "POST"])
@confirms_again
def reset_factor(request: OfficeRequest, person: int) -> HttpResponse:
    """Ask that somebody's lost factor be reset; or see what somebody else asked."""
    found, user, day = _to_reset(request, person)
    ask = partial(_reset_page, request, found, user)
    if request.method == "GET":
        return ask()
    act = partial(ask_reset, user=user, by=_reasoned(request), day=day)
    return carry_out(act, ask, reverse("account-factor", args=[found.number]))


@never_cache
@require_POST
@confirms_again
def answer_reset(request: OfficeRequest, person: int) -> HttpResponse:
    """Do it, or do not. The code to hand over is shown once, on the answer to this very request."""
    found, user, day = _to_reset(request, person)
    try:
        if request.POST.get("jawab") == "setuju":
            code = agree_reset(user=user, by=act_by(request), day=day)
            return _reset_page(request, found, user, code=code)
        refuse_reset(user=user, by=act_by(request), day=day)
    except ActError as error:
        return _reset_page(request, found, user, error)
    return HttpResponseRedirect(reverse("account", args=[found.number]))


def _reset_page(
    request: OfficeRequest, person: Person, user: User, trouble: Trouble = None, code: str = ""
) -> HttpResponse:
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
def factors(request: OfficeRequest) -> HttpResponse:
    """From when which role needs a second factor, who has none, and which resets wait."""
    require(request, SEE_ACCOUNT)
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


@require_GET
def log_ins(request: OfficeRequest) -> HttpResponse:
    """The auditor sees every log-in with its address; personnel which accounts somebody failed to enter, how often."""
    require(request, SEE_ACCOUNT)
    in_sight = accounts_in_sight(request.actor, day_here(request))
    since_ms = request.now_ms - int(timedelta(days=FAILURES_DAYS).total_seconds() * 1000)
    failed = LogIn.objects.filter(at_ms__gt=since_ms, user__in=in_sight).exclude(outcome=LogInOutcome.GOOD)
    by_account = failed.order_by().values("user__person", "user__person__full_name", "user__login")
    counted = by_account.annotate(n=Sum("times"), last_ms=Max("at_ms")).order_by("-n", "user__login")
    context = {
        "counted": counted[:FAILED_SHOWN_MAX],
        "days": FAILURES_DAYS,
        "zone": HERE.site.zone,
        **_all_log_ins(request),
    }
    return render(request, "accounts/log_ins.html", context)


def _all_log_ins(request: OfficeRequest) -> dict[str, object]:
    paths = request.actor.paths(SEE_LOG_INS.roles)
    if not paths:
        return {"sees_all": False}
    outcome = one_of(request.GET, "hasil", LogInOutcome.values)
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
        "outcomes": LogInOutcome.values,
    }


def _whose(request: OfficeRequest, person: int) -> tuple[Person, User | None, date]:
    """Somebody in sight (else 404), and the log-in, if there is one."""
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_ACCOUNT, person, day, ahead=True)
    return found, User.objects.filter(person=found).first(), day


def _to_reset(request: OfficeRequest, person: int) -> tuple[Person, User, date]:
    """The same, if there is a log-in (else 404) that this reader may reset (else 403)."""
    found, user, day = _whose(request, person)
    if user is None:
        raise Http404
    if not may_reset(request.actor, user, day):
        raise PermissionDenied
    return found, user, day


def _may_give(request: OfficeRequest, person: Person) -> bool:
    return bool(request.actor.paths(GRANT_ROLE.roles)) and person.number != request.actor.person


def _reasoned(request: OfficeRequest) -> ActBy:
    return act_by(request, str(request.POST.get("reason", ""))[:REASON_LENGTH_MAX])
