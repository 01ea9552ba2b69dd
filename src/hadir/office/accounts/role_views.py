"""Log-ins: listed, made, given roles and relieved of them, given a one-time password."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.accounts.actions import may_reset, reset_password
from hadir.office.accounts.confirming import confirms_again
from hadir.office.accounts.factors import live_factors
from hadir.office.accounts.forms import EndForm, MakeForm, RoleForm
from hadir.office.accounts.granting import end_role, give_role, make_account
from hadir.office.accounts.models import RoleGrant, User
from hadir.office.accounts.queries import accounts_in_sight, described, roles_of
from hadir.office.accounts.resets import asked_reset
from hadir.office.ground.act_error import ActError
from hadir.office.page.answers import form_page
from hadir.office.page.forms import REASON_LENGTH_MAX, error_codes, typed
from hadir.office.page.lists import page_of, searched
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import home_of, person_in_sight, thing_of
from hadir.office.roles import GRANT_ROLE, MAKE_ACCOUNT, SEE_ACCOUNT, Role, may, may_grant
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_in_sight


@require_GET
def account(request: OfficeRequest, person: int) -> HttpResponse:
    """Who it is, what the log-in may do from when until when, and what may be done with it."""
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_ACCOUNT, person, day, ahead=True)
    user = User.objects.filter(person=found).first()
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
    given = form.cleaned_data
    try:
        context["password"] = make_account(
            person=found, login=given["login"], by=act_by(request, given["reason"]), day=day
        )
    except ActError as error:
        return form_page(request, "accounts/make.html", context, error)
    return render(request, "accounts/make.html", {**context, "login": given["login"]})


@require_http_methods(["GET", "POST"])
@confirms_again
def grant(request: OfficeRequest, person: int) -> HttpResponse:
    """A role on a unit of the granter's own, for a period."""
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_ACCOUNT, person, day, ahead=True)
    user = User.objects.filter(person=found).first()
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
    if not form.is_valid():
        return form_page(request, "accounts/grant.html", context, error_codes(form))
    given = form.cleaned_data
    try:
        give_role(
            user=user,
            role=Role(given["role"]),
            unit=Unit.objects.get(number=given["unit"]),
            from_date=given["from_date"],
            until_date=form.until_date,
            by=act_by(request, given["reason"]),
        )
    except ActError as error:
        return form_page(request, "accounts/grant.html", context, error)
    return HttpResponseRedirect(f"{reverse('account', args=[found.number])}?selesai=grant")


@require_http_methods(["GET", "POST"])
@confirms_again
def end(request: OfficeRequest, number: int) -> HttpResponse:
    """Let a role end on a day."""
    day = day_here(request)
    row = RoleGrant.objects.current().select_related("user", "unit").filter(pk=number).first()
    if row is None:
        raise Http404
    found = person_in_sight(request.actor, SEE_ACCOUNT, row.user.person_id, day, ahead=True)
    if not may_grant(request.actor, found.number, row.unit.path):
        raise PermissionDenied
    form = EndForm(request.POST if request.method == "POST" else None, today=day)
    context = {
        "person": found,
        "row": row,
        "role_code": f"accounts.role.{row.role}",
        "given": typed(form) or {"from_date": day.isoformat()},
    }
    if not form.is_valid():
        return form_page(request, "accounts/end.html", context, error_codes(form))
    try:
        end_role(grant=row, from_date=form.cleaned_data["from_date"], by=act_by(request, form.cleaned_data["reason"]))
    except ActError as error:
        return form_page(request, "accounts/end.html", context, error)
    return HttpResponseRedirect(f"{reverse('account', args=[found.number])}?selesai=end")


def _may_give(request: OfficeRequest, person: Person) -> bool:
    return bool(request.actor.paths(GRANT_ROLE.roles)) and person.number != request.actor.person


@require_GET
def accounts(request: OfficeRequest) -> HttpResponse:
    """Who may log in, and what for."""
    if not request.actor.paths(SEE_ACCOUNT.roles):
        raise PermissionDenied
    day = day_here(request)
    text = searched(request.GET)
    page = page_of(request, accounts_in_sight(request.actor, day, text), {"cari": text})
    context = {
        "rows": described(list(page.object_list), day),
        "page": page,
        "text": text,
        "may_make": bool(request.actor.paths(MAKE_ACCOUNT.roles)),
    }
    return render(request, "accounts/accounts.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@confirms_again
def reset(request: OfficeRequest, person: int) -> HttpResponse:
    """A one-time password for somebody who has forgotten his own; shown once, on the answer to this very request."""
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_ACCOUNT, person, day, ahead=True)
    user = User.objects.filter(person=found).first()
    if user is None:
        raise Http404
    if not may_reset(request.actor, user, day):
        raise PermissionDenied
    if request.method == "GET":
        return render(request, "accounts/reset.html", {"account": user, "person": found})
    reason = str(request.POST.get("reason", ""))[:REASON_LENGTH_MAX]
    try:
        password = reset_password(user=user, by=act_by(request, reason), day=day)
    except ActError as error:
        return form_page(request, "accounts/reset.html", {"account": user, "person": found}, error)
    return render(request, "accounts/reset.html", {"account": user, "person": found, "password": password})
