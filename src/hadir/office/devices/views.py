from __future__ import annotations

from typing import TYPE_CHECKING

import segno
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.accounts.permissions import may
from hadir.office.devices.actions import (
    DeviceDecisionError,
    DeviceTrouble,
    enrol_device,
    issue_slip,
    refuse_device,
    revoke_device,
)
from hadir.office.devices.forms import ReasonForm
from hadir.office.devices.models import Slip
from hadir.office.devices.permissions import DECIDE_DEVICE, ISSUE_SLIP, SEE_DEVICES, SEE_SLIPS
from hadir.office.devices.queries import DeviceState, KeyRow, key_in_sight, keys_of, slips_of
from hadir.office.installation import HERE
from hadir.office.page.moments import day_here
from hadir.office.people.queries import home_of, people_below, people_in_sight, person_in_sight, thing_of
from hadir.office.units.queries import unit_in_sight, units_in_sight
from hadir.records.voucher import typed_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.safestring import SafeString

    from hadir.office.accounts.permissions import Rule
    from hadir.office.devices.models import Device
    from hadir.office.page.requests import OfficeRequest


DONE = {act: f"devices.done.{act}" for act in ("enrol", "refuse", "revoke")}
CHANGES = {
    "enrol": ("devices.change.enrol_counts", "devices.change.enrol_roster"),
    "refuse": ("devices.change.refuse_counts", "devices.change.keeps"),
    "revoke": ("devices.change.revoke_flag", "devices.change.revoke_roster", "devices.change.keeps"),
}


@require_GET
def devices_home(request: OfficeRequest) -> HttpResponse:
    return _first_unit(request, SEE_DEVICES, "devices")


@require_GET
def slips_home(request: OfficeRequest) -> HttpResponse:
    return _first_unit(request, SEE_SLIPS, "slips")


def _first_unit(request: OfficeRequest, rule: Rule, page: str) -> HttpResponse:
    units = units_in_sight(request.actor, rule)
    asked = request.GET.get("unit", "")
    unit = units.filter(number=int(asked)).first() if asked.isdigit() else units.first()
    if unit is None:
        raise Http404
    return HttpResponseRedirect(reverse(page, args=[unit.number]))


@require_GET
def devices(request: OfficeRequest, unit: int) -> HttpResponse:
    """The unit's keys: those to decide on first."""
    found = unit_in_sight(request.actor, SEE_DEVICES, unit)
    day = day_here(request)
    keys = keys_of(people_in_sight(request.actor, SEE_DEVICES, day) & people_below([found.path], day))
    context = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_DEVICES),
        "zone": found.zone,
        "pending": [key for key in keys if key.is_pending],
        "decided": [key for key in keys if not key.is_pending],
        "may_decide": bool(request.actor.paths(DECIDE_DEVICE.roles)),
        "done_code": DONE.get(request.GET.get("selesai", "")),
    }
    return render(request, "devices/devices.html", context)


@require_http_methods(["GET", "POST"])
def enrol(request: OfficeRequest, kid: str) -> HttpResponse:
    key = _key_to_decide(request, kid)
    if request.method == "GET":
        return _ask(request, key, "enrol")

    def act() -> Device:
        return enrol_device(kid=kid, person=key.person, by=request.actor, at_ms=request.now_ms)

    return _decide(request, key, "enrol", act)


@require_http_methods(["GET", "POST"])
def refuse(request: OfficeRequest, kid: str) -> HttpResponse:
    key = _key_to_decide(request, kid)
    if request.method == "GET":
        return _ask(request, key, "refuse")

    def act() -> Device:
        return refuse_device(
            kid=kid, person=key.person, by=request.actor, at_ms=request.now_ms, reason=_reason(request)
        )

    return _decide(request, key, "refuse", act)


@require_http_methods(["GET", "POST"])
def revoke(request: OfficeRequest, kid: str) -> HttpResponse:
    key = _key_to_decide(request, kid)
    if request.method == "GET":
        return _ask(request, key, "revoke")

    def act() -> Device:
        return revoke_device(
            kid=kid, person=key.person, by=request.actor, at_ms=request.now_ms, reason=_reason(request)
        )

    return _decide(request, key, "revoke", act)


_EXPECTED_STATE = {"enrol": DeviceState.PENDING, "refuse": DeviceState.PENDING, "revoke": DeviceState.ACTIVE}
_LATE = {
    "enrol": DeviceTrouble.ALREADY_DECIDED,
    "refuse": DeviceTrouble.ALREADY_DECIDED,
    "revoke": DeviceTrouble.NOT_ACTIVE,
}


def _key_to_decide(request: OfficeRequest, kid: str) -> KeyRow:
    """The key, if it is in sight (else 404) and the actor may decide on it (else 403)."""
    day = day_here(request)
    key = key_in_sight(request.actor, SEE_DEVICES, kid, day)
    if not may(request.actor, DECIDE_DEVICE, thing_of(key.person, day)):
        raise PermissionDenied
    return key


def _reason(request: OfficeRequest) -> str:
    form = ReasonForm(request.POST)
    return str(form.cleaned_data["reason"]) if form.is_valid() else ""


def _decide(request: OfficeRequest, key: KeyRow, act: str, decide: Callable[[], Device]) -> HttpResponse:
    try:
        decide()
    except DeviceDecisionError as error:
        return _ask(request, key, act, error.trouble)
    home = home_of(key.person.number, day_here(request))
    back = reverse("devices", args=[home.number]) if home else reverse("devices-home")
    return HttpResponseRedirect(f"{back}?selesai={act}")


def _ask(request: OfficeRequest, key: KeyRow, act: str, trouble: DeviceTrouble | None = None) -> HttpResponse:
    """What will change, before it does."""
    if trouble is None and key.state is not _EXPECTED_STATE[act]:
        trouble = _LATE[act]
    home = home_of(key.person.number, day_here(request))
    same_person = people_in_sight(request.actor, SEE_DEVICES, day_here(request)).filter(number=key.person.number)
    context = {
        "key": key,
        "act": act,
        "home": home,
        "zone": home.zone if home else HERE.site.zone,
        "others": [row for row in keys_of(same_person) if row.is_active and row.kid != key.kid],
        "trouble": trouble.value if trouble else None,
        "too_late": trouble in {DeviceTrouble.ALREADY_DECIDED, DeviceTrouble.NOT_ACTIVE},
        "reason": request.POST.get("reason", ""),
        "title_code": f"devices.title.{act}",
        "button_code": f"devices.{act}",
        "changes": CHANGES[act],
    }
    return render(request, "devices/decide.html", context, status=409 if trouble and request.method == "POST" else 200)


@require_GET
def slips(request: OfficeRequest, unit: int) -> HttpResponse:
    """Everybody of the unit with the newest slip, and the way to issue one."""
    found = unit_in_sight(request.actor, SEE_SLIPS, unit)
    day = day_here(request)
    people = people_in_sight(request.actor, SEE_SLIPS, day) & people_below([found.path], day)
    newest: dict[int, Slip] = {}
    for slip in slips_of(people).order_by("number"):
        newest[slip.person_id] = slip
    context = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_SLIPS),
        "zone": found.zone,
        "today": day,
        "rows": [(person, newest.get(person.number)) for person in people],
        "me": request.actor.person,
    }
    return render(request, "devices/slips.html", context)


@require_http_methods(["GET", "POST"])
def slip_for(request: OfficeRequest, person: int) -> HttpResponse:
    """Issue a slip for one person."""
    day = day_here(request)
    found = person_in_sight(request.actor, SEE_SLIPS, person, day)
    if not may(request.actor, ISSUE_SLIP, thing_of(found, day)):
        raise PermissionDenied
    if request.method == "GET":
        return render(request, "devices/slip_for.html", {"person": found, "home": home_of(person, day)})
    slip = issue_slip(person=found, by=request.actor, at_ms=request.now_ms, office=HERE.site.office_signer())
    return HttpResponseRedirect(reverse("slip", args=[slip.number]))


@require_GET
def slip(request: OfficeRequest, number: int) -> HttpResponse:
    """The slip to print: code for the camera, code for the fingers."""
    found = Slip.objects.select_related("person").filter(number=number).first()
    if found is None:
        raise Http404
    day = day_here(request)
    person = person_in_sight(request.actor, SEE_SLIPS, found.person_id, day)
    if not may(request.actor, ISSUE_SLIP, thing_of(person, day)):
        raise PermissionDenied
    context = {
        "slip": found,
        "person": person,
        "home": home_of(person.number, day),
        "qr": qr_svg(found),
        "address": HERE.settings.public_url,
        "lines": typed_lines(found.voucher),
        "last_day": found.last_valid_day,
    }
    return render(request, "devices/slip.html", context)


def qr_svg(slip: Slip) -> SafeString:
    """The slip's QR code. The voucher is the fragment, which never reaches a server or its log."""
    code = segno.make(f"{HERE.settings.public_url}/#v={slip.voucher}", error="m", micro=False)
    svg = code.svg_inline(scale=1, border=2, omitsize=True, svgclass="qr", lineclass=None)
    return mark_safe(svg)  # noqa: S308 - drawn by segno from a base32 text and our own address
