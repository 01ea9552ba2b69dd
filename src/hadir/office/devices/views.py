from collections.abc import Callable
from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.devices.actions import (
    enrol_device,
    enrol_devices,
    refuse_device,
    revoke_device,
)
from hadir.office.devices.forms import ManyForm
from hadir.office.devices.models import Device
from hadir.office.devices.permissions import DECIDE_DEVICE, SEE_DEVICES, SEE_SLIPS
from hadir.office.devices.queries import (
    Crowded,
    DeviceState,
    KeyRow,
    active_phones,
    apart_keys,
    crowded_slips,
    decided_devices,
    described,
    described_pending,
    key_in_sight,
    keys_of,
    pending_keys,
)
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, carry_out, errors_in, form_page
from hadir.office.page.asked import number_asked
from hadir.office.page.forms import typed_reason
from hadir.office.page.lists import page_of, searched
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import home_of, people_below, people_in_sight, thing_of
from hadir.office.roles import may
from hadir.office.units.models import Unit
from hadir.office.units.queries import covers, first_unit, unit_in_sight, unit_to, units_in_sight

DONE = {act: f"devices.done.{act}" for act in ("enrol", "refuse", "revoke", "many")}
CHANGES = {
    "enrol": ("devices.change.enrol_counts", "devices.change.enrol_roster"),
    "refuse": ("devices.change.refuse_counts", "devices.change.keeps"),
    "revoke": ("devices.change.revoke_flag", "devices.change.revoke_roster", "devices.change.keeps"),
}


@require_GET
def devices_home(request: OfficeRequest) -> HttpResponse:
    return first_unit(request, SEE_DEVICES, "devices")


@require_GET
def devices(request: OfficeRequest, unit: int) -> HttpResponse:
    """The unit's keys: those to decide on first."""
    found = unit_in_sight(request.actor, SEE_DEVICES, unit)
    day = day_here(request)
    people = people_in_sight(request.actor, SEE_DEVICES, day, ahead=True) & people_below([found.path], day, ahead=True)
    text = searched(request.GET)
    crowded = crowded_slips(people)
    chosen = next((one for one in crowded if str(one.slip) == request.GET.get("terpisah")), None)
    if chosen is not None:
        return _set_apart(request, found, chosen)
    page = page_of(request, decided_devices(people, text), {"cari": text})
    context = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_DEVICES),
        "zone": found.zone,
        "pending": pending_keys(people, crowded),
        "crowded": crowded,
        "decided": described(list(page.object_list)),
        "page": page,
        "text": text,
        "may_slip": covers(request.actor, SEE_SLIPS, found),
        "may_decide": bool(request.actor.paths(DECIDE_DEVICE.roles)),
        "done_code": DONE.get(request.GET.get("selesai", "")),
        "done_n": number_asked(request.GET.get("n", "")) or 0,
        "late_n": number_asked(request.GET.get("terlambat", "")) or 0,
    }
    return render(request, "devices/devices.html", context)


def _set_apart(request: OfficeRequest, unit: Unit, crowded: Crowded) -> HttpResponse:
    """The phones behind the first few of one slip, some at a time."""
    page = page_of(request, apart_keys(crowded), {"terpisah": crowded.slip})
    context = {
        "unit": unit,
        "zone": unit.zone,
        "crowded": crowded,
        "keys": described_pending(list(page.object_list), crowded.person),
        "page": page,
        "may_decide": bool(request.actor.paths(DECIDE_DEVICE.roles)),
    }
    return render(request, "devices/apart.html", context)


@require_http_methods(["GET", "POST"])
def enrol_many(request: OfficeRequest, unit: int) -> HttpResponse:
    """Confirm many phones of a unit with one reason; each is an act of its own."""
    found = unit_to(request.actor, unit, see=SEE_DEVICES, do=DECIDE_DEVICE)
    day = day_here(request)
    people = people_in_sight(request.actor, DECIDE_DEVICE, day, ahead=True) & people_below(
        [found.path], day, ahead=True
    )
    others = people.exclude(number=request.actor.person or 0)
    keys = pending_keys(others, crowded_slips(others))
    if request.method == "GET":
        return _ask_many(request, found, keys)
    form = ManyForm(request.POST)
    chosen = {key.kid: key.person for key in keys if key.kid in set(request.POST.getlist("kid"))}
    asked = len(set(request.POST.getlist("kid")))
    if not form.is_valid() or not asked:
        trouble = {"reason": "devices.reason_needed"} if asked else {"kid": "devices.nothing_chosen"}
        return _ask_many(request, found, keys, trouble)
    done = enrol_devices(
        keys=chosen, replace=form.cleaned_data["replace"] == "1", by=act_by(request, form.cleaned_data["reason"])
    )
    back = reverse("devices", args=[found.number])
    return HttpResponseRedirect(f"{back}?selesai=many&n={len(done)}&terlambat={asked - len(done)}")


def _ask_many(request: OfficeRequest, unit: Unit, keys: list[KeyRow], trouble: Trouble = None) -> HttpResponse:
    phones = active_phones(Person.objects.filter(number__in={key.person.number for key in keys}))
    ticked = request.POST.getlist("kid") if trouble else [key.kid for key in keys if not key.is_by_old_slip]
    context = {
        "unit": unit,
        "zone": unit.zone,
        "rows": [(key, phones.get(key.person.number, 0)) for key in keys],
        "replacing": sum(1 for key in keys if phones.get(key.person.number)),
        "ticked": set(ticked),
        "reason": request.POST.get("reason", ""),
        "replace": request.POST.get("replace", "0"),
    }
    return form_page(request, "devices/many.html", context, trouble)


def _page_of(act: str, do: Callable[..., Device]) -> Callable[[OfficeRequest, str], HttpResponse]:
    """The page of a decision on one key: what will change, then the act. To confirm one asks for no reason."""

    @require_http_methods(["GET", "POST"])
    def page(request: OfficeRequest, kid: str) -> HttpResponse:
        key = _key_to_decide(request, kid)
        if request.method == "GET":
            return _ask(request, key, act)
        by = act_by(request, "" if act == "enrol" else typed_reason(request))
        home = home_of(key.person.number, day_here(request))
        back = reverse("devices", args=[home.number]) if home else reverse("devices-home")
        act_on_key, ask = partial(do, kid=kid, person=key.person, by=by), partial(_ask, request, key, act)
        return carry_out(act_on_key, ask, f"{back}?selesai={act}")

    return page


enrol = _page_of("enrol", enrol_device)
refuse = _page_of("refuse", refuse_device)
revoke = _page_of("revoke", revoke_device)
_EXPECTED_STATE = {"enrol": DeviceState.PENDING, "refuse": DeviceState.PENDING, "revoke": DeviceState.ACTIVE}
_LATE = {
    "enrol": "devices.already_decided",
    "refuse": "devices.already_decided",
    "revoke": "devices.not_active",
}


def _key_to_decide(request: OfficeRequest, kid: str) -> KeyRow:
    """The key, if it is in sight (else 404) and the actor may decide on it (else 403)."""
    day = day_here(request)
    key = key_in_sight(request.actor, SEE_DEVICES, kid, day)
    if not may(request.actor, DECIDE_DEVICE, thing_of(key.person, day, ahead=True)):
        raise PermissionDenied
    return key


def _ask(request: OfficeRequest, key: KeyRow, act: str, trouble: Trouble = None) -> HttpResponse:
    """What will change, before it does."""
    if trouble is None and key.state is not _EXPECTED_STATE[act]:
        trouble = ActError(_LATE[act])
    home = home_of(key.person.number, day_here(request))
    same_person = people_in_sight(request.actor, SEE_DEVICES, day_here(request), ahead=True).filter(
        number=key.person.number
    )
    context = {
        "key": key,
        "act": act,
        "home": home,
        "zone": home.zone if home else HERE.site.zone,
        "others": [row for row in keys_of(same_person) if row.is_active and row.kid != key.kid],
        "too_late": "" in errors_in(trouble),
        "reason": request.POST.get("reason", ""),
        "title_code": f"devices.title.{act}",
        "button_code": f"devices.{act}",
        "changes": CHANGES[act],
    }
    return form_page(request, "devices/decide.html", context, trouble)
