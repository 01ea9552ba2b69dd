"""The office's own law: policies and calendars that people bring, look through, try, and put in force by two."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hadir.office.duties.actions import make_law
from hadir.office.duties.forms import a_day
from hadir.office.duties.kinds import TEXT_KINDS, Decree, LawKind, LawShape, OwnPolicy
from hadir.office.duties.models import LawAct, LawUpload
from hadir.office.duties.own import in_force_on, uses_of
from hadir.office.duties.permissions import MAKE_LAW, SEE_LAW
from hadir.office.duties.queries import reaching, told_law
from hadir.office.duties.said import policy_title, said
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.own_laws import decree
from hadir.office.law_pages.basis import own_values
from hadir.office.law_pages.own_texts import Proposal, keep_upload, propose_text, read_decree, read_policy
from hadir.office.law_pages.trial_views import FAULTS_MAX, faults_told
from hadir.office.law_pages.trials import FILE_BYTES_MAX, Wish, ask_trial
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.asked import month_asked
from hadir.office.page.forms import BASIS_LENGTH_MAX, DOCUMENT_LENGTH_MAX, REASON_LENGTH_MAX, error_codes, text, typed
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_in_sight
from hadir.rules.calendars import FreeDay
from hadir.rules.reading import DocumentError

LISTED_MAX = 100
BORROWED_SHOWN_MAX = 60


class ProposalForm(forms.Form):
    unit = forms.IntegerField(required=False)
    from_date = a_day()
    document = text(DOCUMENT_LENGTH_MAX, required=True)
    article = text(BASIS_LENGTH_MAX)
    reason = text(REASON_LENGTH_MAX, required=True)


def may_bring(request: OfficeRequest, kind: LawKind) -> bool:
    """A policy is for the whole office, so that its root is needed; a decree may be a region's."""
    paths = request.actor.paths(MAKE_LAW[kind].roles)
    return any(path.count("/") == 2 for path in paths) if kind is LawKind.POLICY else bool(paths)


def decree_days(shape: LawShape) -> list[FreeDay]:
    """The days of a decree's text, in order."""
    assert isinstance(shape, Decree)
    return sorted(decree(shape.text).days.values(), key=lambda one: one.date)


@require_http_methods(["GET", "POST"])
def own_laws(request: OfficeRequest) -> HttpResponse:
    """What was put in force here, what waits, and where a text is brought."""
    if not request.actor.paths(SEE_LAW.roles):
        raise PermissionDenied
    if request.method == "GET":
        return _listed(request)
    kind = request.POST.get("jenis", "")
    if kind not in TEXT_KINDS or not may_bring(request, LawKind(kind)):
        raise PermissionDenied
    brought = request.FILES.get("berkas")
    if brought is None or not brought.size:
        return _listed(request, {"berkas": "law.own.trouble.no_file"})
    try:
        row = keep_upload(kind=LawKind(kind), data=brought.read(FILE_BYTES_MAX + 1), by=act_by(request))
    except DocumentError as error:
        return _listed(request, ActError("law.trial.trouble.file", field="berkas", faults=error.faults))
    return HttpResponseRedirect(reverse("own-law-text", args=[row.number]))


def _listed(request: OfficeRequest, trouble: Trouble = None) -> HttpResponse:
    today = day_here(request)
    rows = LawAct.objects.filter(reaching(request.actor.paths(SEE_LAW.roles), today), kind__in=TEXT_KINDS)
    rows = rows.select_related("unit", "group__unit", "made_by").prefetch_related("steps")[:LISTED_MAX]
    told = [told_law(request.actor, row, today) for row in rows]
    faults = trouble.faults if isinstance(trouble, ActError) else ()
    in_force = in_force_on(today)
    context = {
        "rows": [(one, said(one.row.shape, request.lang)[0]) for one in told],
        "in_force": [
            (name, version, policy_title(version, request.lang), uses_of(name, today))
            for name, version in in_force.items()
        ],
        "kinds": [kind for kind in LawKind if kind in TEXT_KINDS and may_bring(request, kind)],
        "may_end": may_bring(request, LawKind.POLICY),
        "jenis": request.POST.get("jenis", LawKind.POLICY.value),
        "faults": faults_told(faults, request.lang),
        "more_faults": max(0, len(faults) - FAULTS_MAX),
    }
    return form_page(request, "duties/own_laws.html", context, trouble)


@require_http_methods(["GET", "POST"])
def own_text(request: OfficeRequest, number: int) -> HttpResponse:
    """A text that waits with whoever brought it: what it says, a month to try it on, and the proposal."""
    row = get_object_or_404(LawUpload, number=number, by=request.actor.person)
    if not may_bring(request, LawKind(row.kind)):
        raise PermissionDenied
    if request.method == "GET":
        return _looked_at(request, row, ProposalForm())
    form = ProposalForm(request.POST)
    unit = _unit_asked(request, row)
    if not form.is_valid() or unit is None:
        return _looked_at(request, row, form, error_codes(form) or {"unit": "form.invalid"})
    given = form.cleaned_data
    proposal = Proposal(
        unit=unit, from_date=given["from_date"], document=given["document"], article=given["article"]
    )  # fmt: skip
    try:
        made = propose_text(upload=row, proposal=proposal, by=act_by(request, given["reason"]))
    except ActError as error:
        return _looked_at(request, row, form, error)
    return HttpResponseRedirect(f"{reverse('law', args=[made.number])}?selesai=make")


def _unit_asked(request: OfficeRequest, row: LawUpload) -> Unit | None:
    """A policy is for the whole office; a calendar for the unit that is named."""
    units = units_in_sight(request.actor, MAKE_LAW[LawKind(row.kind)])
    if row.kind == LawKind.POLICY:
        return units.filter(parent=None).first()
    asked = request.POST.get("unit", "")
    return units.filter(number=int(asked)).first() if asked.isascii() and asked.isdecimal() else None


def _looked_at(request: OfficeRequest, row: LawUpload, form: ProposalForm, trouble: Trouble = None) -> HttpResponse:
    today = day_here(request)
    context: dict[str, Any] = {
        "row": row,
        "given": typed(form) if form.is_bound else {"from_date": today.isoformat()},
        "units": units_in_sight(request.actor, MAKE_LAW[LawKind(row.kind)]),
        "this_month": f"{today:%Y-%m}",
        **(_policy_told(row, request) if row.kind == LawKind.POLICY else _decree_told(row)),
    }
    return form_page(request, "duties/own_text.html", context, trouble)


def _policy_told(row: LawUpload, request: OfficeRequest) -> dict[str, Any]:
    read = read_policy(bytes(row.data))
    lenders: dict[str, int] = {}
    for lender in read.policy.borrowed.values():
        lenders[lender] = lenders.get(lender, 0) + 1
    own = (one for history in read.policy.values.values() for one in history if one.said_by == read.policy.name)
    day = max([day_here(request), *(one.from_date for one in own)])
    return {
        "day": day,
        "own_values": own_values(read.policy, day, request.lang),
        "title": read.policy.title[request.lang],
        "extends": [policy_title(name, request.lang) for name in read.extends],
        "lenders": [(policy_title(name, request.lang), n) for name, n in sorted(lenders.items())],
        "now": in_force_on(day_here(request)).get(read.name),
    }


def _decree_told(row: LawUpload) -> dict[str, Any]:
    read = read_decree(bytes(row.data))
    return {"title": read.name, "days": sorted(read.days.values(), key=lambda one: one.date), "seasons": read.ramadan}


@require_http_methods(["POST"])
def try_text(request: OfficeRequest, number: int) -> HttpResponse:
    """Let the worker try a policy that waits on a month of a unit."""
    row = get_object_or_404(LawUpload, number=number, by=request.actor.person, kind=LawKind.POLICY)
    first: date | None = month_asked(request.POST.get("bulan", ""))
    unit = _unit_tried(request)
    if first is None or unit is None:
        return _looked_at(request, row, ProposalForm(), {"bulan": "law.trial.trouble.form"})
    wish = Wish(unit=unit, first=first, policy="", document=bytes(row.data))
    try:
        made = ask_trial(wish, policies=HERE.settings.policies, by=act_by(request), today=day_here(request))
    except ActError as error:
        return _looked_at(request, row, ProposalForm(), error)
    return HttpResponseRedirect(reverse("trial", args=[made.number]))


def _unit_tried(request: OfficeRequest) -> Unit | None:
    asked = request.POST.get("unit", "")
    units = units_in_sight(request.actor, MAKE_LAW[LawKind.POLICY])
    return units.filter(number=int(asked)).first() if asked.isascii() and asked.isdecimal() else None


@require_http_methods(["GET", "POST"])
def end_own(request: OfficeRequest, name: str) -> HttpResponse:
    """Propose that an own policy is in force no longer from a day on; a second person agrees, as to its beginning."""
    if not may_bring(request, LawKind.POLICY):
        raise PermissionDenied
    version = in_force_on(day_here(request)).get(name)
    if version is None:
        raise Http404
    form = ProposalForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _ask_end(request, name, version, form, error_codes(form))
    given = form.cleaned_data
    root = units_in_sight(request.actor, MAKE_LAW[LawKind.POLICY]).filter(parent=None).first()
    draft = LawAct.saying(
        OwnPolicy(name=name), unit=root, from_date=given["from_date"], document=given["document"],
        article=given["article"],
    )  # fmt: skip
    try:
        made = make_law(draft=draft, by=act_by(request, given["reason"]))
    except ActError as error:
        return _ask_end(request, name, version, form, error)
    return HttpResponseRedirect(f"{reverse('law', args=[made.number])}?selesai=make")


def _ask_end(
    request: OfficeRequest, name: str, version: str, form: ProposalForm, trouble: Trouble = None
) -> HttpResponse:
    context = {
        "name": name,
        "title": policy_title(version, request.lang),
        "given": typed(form) if form.is_bound else {},
        "uses": uses_of(name, day_here(request)),
    }
    return form_page(request, "duties/own_end.html", context, trouble)
