"""Slips: who has one, issuing one or many, and paper."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.devices.actions import issue_slip, issue_slips
from hadir.office.devices.models import Slip, SlipRun
from hadir.office.devices.permissions import ISSUE_SLIP, SEE_SLIPS
from hadir.office.devices.queries import active_phones, is_used, newest_slips, slips_of
from hadir.office.devices.sheets import PER_PAGE, PrintedSlip, draw_sheets, slip_address
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.asked import number_asked
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import (
    home_of,
    homes_of,
    people_below,
    people_in_sight,
    person_in_sight,
    thing_of,
)
from hadir.office.roles import may
from hadir.office.units.models import Unit
from hadir.office.units.queries import first_unit, unit_in_sight, units_in_sight
from hadir.records.voucher import typed_lines

PART_SLIPS = 20 * PER_PAGE
"""A file of twenty sheets: a hospital's slips come in parts that a printer and a telephone line bear."""
RUNS_SHOWN_MAX = 10


@require_GET
def slips_home(request: OfficeRequest) -> HttpResponse:
    return first_unit(request, SEE_SLIPS, "slips")


@require_GET
def slips(request: OfficeRequest, unit: int) -> HttpResponse:
    """Everybody of the unit with the newest slip; one form prints for all that are ticked."""
    return _show_slips(request, unit_in_sight(request.actor, SEE_SLIPS, unit))


def _show_slips(request: OfficeRequest, unit: Unit, trouble: Trouble = None) -> HttpResponse:
    day = day_here(request)
    people = people_in_sight(request.actor, SEE_SLIPS, day, ahead=True) & people_below([unit.path], day, ahead=True)
    newest, phones = newest_slips(people), active_phones(people)
    rows = [(person, newest.get(person.number), phones.get(person.number, 0)) for person in people]
    context = {
        "unit": unit,
        "units": units_in_sight(request.actor, SEE_SLIPS),
        "zone": unit.zone,
        "today": day,
        "rows": rows,
        "ticked": {person.number for person, slip, phone in rows if not phone and not _is_valid(slip, request)},
        "with_phone": sum(1 for _, _, phone in rows if phone),
        "runs": SlipRun.objects.filter(unit=unit, by=request.actor.person).order_by("-number")[:RUNS_SHOWN_MAX],
        "me": request.actor.person,
    }
    return form_page(request, "devices/slips.html", context, trouble)


def _is_valid(slip: Slip | None, request: OfficeRequest) -> bool:
    return slip is not None and slip.last_valid_day >= day_here(request)


@require_http_methods(["GET", "POST"])
def print_slips(request: OfficeRequest, unit: int) -> HttpResponse:
    """Issue slips for all who are ticked, after a page that says what that changes."""
    found = unit_in_sight(request.actor, SEE_SLIPS, unit)
    if request.method == "GET":
        return HttpResponseRedirect(reverse("slips", args=[unit]))
    day = day_here(request)
    asked = {one for text in request.POST.getlist("orang") if (one := number_asked(text)) is not None}
    people = people_in_sight(request.actor, ISSUE_SLIP, day, ahead=True) & people_below([found.path], day, ahead=True)
    chosen = list(people.filter(number__in=asked).exclude(number=request.actor.person or 0))
    if not chosen:
        return _show_slips(request, found, {"orang": "slips.nobody_chosen"})
    if request.POST.get("yakin") != "1":
        return _confirm(request, found, chosen, people.filter(number__in=asked))
    run = issue_slips(people=chosen, unit=found, by=act_by(request), office=HERE.site.office_signer())
    return HttpResponseRedirect(reverse("slip-run", args=[run.number]))


def _confirm(request: OfficeRequest, unit: Unit, chosen: Sequence[Person], people: QuerySet[Person]) -> HttpResponse:
    context = {
        "unit": unit,
        "chosen": chosen,
        "replaced": sum(_is_valid(slip, request) and not is_used(slip) for slip in newest_slips(people).values()),
        "pages": -(-len(chosen) // PER_PAGE),
    }
    return render(request, "devices/print_slips.html", context)


@require_GET
def slip_run(request: OfficeRequest, number: int) -> HttpResponse:
    """What was issued in one go, in files to print."""
    run, found = _run_in_sight(request, number)
    good = [slip for slip in found if slip.replaced_by_id is None]
    parts = [
        (place // PART_SLIPS + 1, place + 1, min(place + PART_SLIPS, len(good)))
        for place in range(0, len(good), PART_SLIPS)
    ]
    context = {
        "run": run,
        "zone": run.unit.zone,
        "good": len(good),
        "replaced": len(found) - len(good),
        "used": sum(is_used(slip) for slip in good),
        "pages": -(-len(good) // PER_PAGE),
        "parts": parts,
    }
    return render(request, "devices/slip_run.html", context)


@require_GET
def slip_sheets(request: OfficeRequest, number: int, part: int) -> HttpResponse:
    """One file of sheets. A slip that was replaced since is not printed again."""
    run, found = _run_in_sight(request, number)
    good = [slip for slip in found if slip.replaced_by_id is None]
    wanted = good[(part - 1) * PART_SLIPS : part * PART_SLIPS] if part else []
    if not wanted:
        raise Http404
    homes = homes_of({slip.person_id for slip in wanted}, day_here(request))
    printed = [
        PrintedSlip(
            number=slip.number,
            name=slip.person.titled_name,
            unit=homes[slip.person_id].name if slip.person_id in homes else run.unit.name,
            voucher=slip.voucher,
            last_day=slip.last_valid_day,
        )
        for slip in wanted
    ]
    data = draw_sheets(printed, public_url=HERE.public_url, lang=request.lang, rehearsal=HERE.rehearsal)
    headers = {"Content-Disposition": f'inline; filename="slip-{run.number}-{part}.pdf"'}
    return HttpResponse(data, content_type="application/pdf", headers=headers)


def _run_in_sight(request: OfficeRequest, number: int) -> tuple[SlipRun, list[Slip]]:
    """A run with those of its slips that the reader may issue today, in order of names; none of them, no run."""
    run = SlipRun.objects.select_related("unit", "by").filter(number=number).first()
    people = people_in_sight(request.actor, ISSUE_SLIP, day_here(request), ahead=True).exclude(
        number=request.actor.person or 0
    )
    found = list(slips_of(people).filter(run=number).order_by("person__full_name", "number"))
    if run is None or not found:
        raise Http404
    return run, found


@require_http_methods(["GET", "POST"])
def slip_for(request: OfficeRequest, person: int) -> HttpResponse:
    found = _allowed(request, person)
    if request.method == "GET":
        return render(request, "devices/slip_for.html", {"person": found, "home": home_of(person, day_here(request))})
    slip = issue_slip(person=found, by=act_by(request), office=HERE.site.office_signer())
    return HttpResponseRedirect(reverse("slip", args=[slip.number]))


@require_GET
def slip(request: OfficeRequest, number: int) -> HttpResponse:
    """The slip to print: code for the camera, code for the fingers."""
    found = get_object_or_404(Slip.objects.select_related("person"), number=number)
    person = _allowed(request, found.person_id)
    context = {
        "slip": found,
        "person": person,
        "home": home_of(person.number, day_here(request)),
        "scanned": slip_address(HERE.public_url, found.voucher),
        "address": HERE.public_url,
        "lines": typed_lines(found.voucher),
        "last_day": found.last_valid_day,
    }
    return render(request, "devices/slip.html", context)


def _allowed(request: OfficeRequest, number: int) -> Person:
    """Somebody in sight (else 404) for whom the reader may issue slips (else 403)."""
    day = day_here(request)
    person = person_in_sight(request.actor, SEE_SLIPS, number, day, ahead=True)
    if not may(request.actor, ISSUE_SLIP, thing_of(person, day, ahead=True)):
        raise PermissionDenied
    return person
