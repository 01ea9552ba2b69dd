from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.excuses.actions import enter_and_attest
from hadir.office.excuses.forms import OutageForm, blank_outage
from hadir.office.excuses.kinds import Cause
from hadir.office.excuses.permissions import ENTER_EXCUSE, SEE_EXCUSES
from hadir.office.excuses.queries import excuse_in_sight, outages_in_sight, steps_of
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.intake.models import Terminal
from hadir.office.judging.excuse_effects import ON_PAPER, Concerned, effects
from hadir.office.judging.judging import judge_context
from hadir.office.outages.measuring import measurement
from hadir.office.outages.timeline import timeline
from hadir.office.page.answers import form_page
from hadir.office.page.forms import error_codes, typed
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.units.queries import first_unit, unit_to, units_in_sight

PAPERS = ("a4", "f4")


@require_GET
def outages(request: OfficeRequest) -> HttpResponse:
    """When recording was not possible: what was measured or reported, as a timeline and as its table."""
    if not request.actor.paths(SEE_EXCUSES.roles):
        raise PermissionDenied
    page = page_of(request, outages_in_sight(request.actor))
    rows = list(page.object_list)
    context = {
        "rows": rows,
        "page": page,
        "zone": HERE.site.zone,
        "timeline": timeline(rows, HERE.site.zone, request.lang),
        "report_unit": units_in_sight(request.actor, ENTER_EXCUSE).first(),
    }
    return render(request, "outages/outages.html", context)


@require_GET
def report_home(request: OfficeRequest) -> HttpResponse:
    return first_unit(request, SEE_EXCUSES, "outage-report")


@require_http_methods(["GET", "POST"])
def report(request: OfficeRequest, unit: int) -> HttpResponse:
    """Report an outage that nothing could measure: the network of one school, one terminal."""
    found = unit_to(request.actor, unit, see=SEE_EXCUSES, do=ENTER_EXCUSE)
    form = OutageForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and form.cleaned_data["reason"] and _knows_terminal(form):
        by = act_by(request, form.cleaned_data["reason"])
        row = enter_and_attest(entry=form.excuse(found), people=(), by=by)
        return HttpResponseRedirect(f"{reverse('excuse', args=[row.number])}?selesai=enter")
    errors = error_codes(form)
    if form.is_bound and not form.data.get("reason"):
        errors["reason"] = "form.required"
    if form.is_bound and not _knows_terminal(form):
        errors["terminal"] = "outage.terminal_unknown"
    context = {
        "unit": found,
        "units": units_in_sight(request.actor, ENTER_EXCUSE),
        "given": typed(form) if form.is_bound else blank_outage(day_at(request.now_ms, found.zone)),
        "causes": list(Cause),
    }
    return form_page(request, "outages/report.html", context, errors)


def _knows_terminal(form: OutageForm) -> bool:
    """An outage of a terminal covers who has a PIN on it: of an unknown one it would cover nobody."""
    serial = str(form.data.get("terminal", "")).strip()
    return not serial or Terminal.objects.filter(serial=serial).exists()


@require_GET
def minutes(request: OfficeRequest, number: int) -> HttpResponse:
    """The *Berita Acara Gangguan* of an outage, to print and sign."""
    row = excuse_in_sight(request.actor, number)
    if not row.is_outage:
        raise Http404
    paper = request.GET.get("kertas", "a4")
    context = {
        "row": row,
        "zone": row.zone,
        "site": HERE.site.name,
        "day": day_at(row.from_ms, row.zone),
        "measured": measurement(row),
        "effects": effects(
            judge_context(),
            row,
            Concerned.below(request.actor.paths(SEE_EXCUSES.roles), row),
            now_ms=request.now_ms,
            part=ON_PAPER,
        ),
        "steps": steps_of(request.actor, row),
        "paper": paper if paper in PAPERS else PAPERS[0],
        "papers": PAPERS,
    }
    return render(request, "outages/minutes.html", context)
