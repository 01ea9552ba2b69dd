"""Acts of law: the list of a unit, one act with its steps, and the acts that are possible on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.duties.actions import (
    agree_to_law,
    end_law,
    make_law,
    thing_of_law,
    withdraw_law,
)
from hadir.office.duties.forms import EndLawForm, LawForm
from hadir.office.duties.kinds import TEXT_KINDS, Decree, DutyLaw, LawKind, OwnPolicy
from hadir.office.duties.models import Group, LawAct
from hadir.office.duties.permissions import KEEP_GROUP, KEEP_ROSTER, MAKE_LAW, SEE_LAW, SEE_TRIAL
from hadir.office.duties.queries import (
    LawDecision,
    LawState,
    ToldLaw,
    law_in_sight,
    laws_of_unit,
    possible_acts,
    replaced_by,
    steps_of,
    told_law,
)
from hadir.office.duties.said import said
from hadir.office.duties.words import people_typed, words_for
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import laws as law_sets
from hadir.office.law_pages.basis import BasisLine, basis_of_unit, own_values
from hadir.office.law_pages.own_views import decree_days
from hadir.office.law_pages.preview import preview, reaches_nobody
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.forms import ReasonForm, error_codes
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.roles import may
from hadir.office.units.models import Unit
from hadir.office.units.queries import covers, first_unit, unit_in_sight, unit_to, units_in_sight
from hadir.texts import Lang

ROUTES = {LawDecision.AGREE: "law-agree", LawDecision.END: "law-end", LawDecision.WITHDRAW: "law-withdraw"}
_CARRY_OUT: dict[LawDecision, Callable[..., LawAct]] = {
    LawDecision.AGREE: agree_to_law,
    LawDecision.END: end_law,
    LawDecision.WITHDRAW: withdraw_law,
}
_DAY = timedelta(days=1)
_DONE = frozenset({"make", "ask_end", *LawDecision})


@require_GET
def laws_home(request: OfficeRequest) -> HttpResponse:
    """The unit asked for by the chooser, or the reader's first."""
    return first_unit(request, SEE_LAW, "laws")


@require_GET
def laws(request: OfficeRequest, unit: int) -> HttpResponse:
    """What holds for a unit's people, by kind; what is planned, waits, ended, or was withdrawn."""
    found = unit_in_sight(request.actor, SEE_LAW, unit)
    told = laws_of_unit(request.actor, found, day_here(request))
    holding = [
        (kind, [one for one in told if one.row.kind == kind and one.state is LawState.HOLDS]) for kind in LawKind
    ]
    context = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_LAW),
        "holding": [(kind.name_code, rows) for kind, rows in holding if rows],
        "others": [
            (f"law.list.{state.value}", [one for one in told if one.state is state])
            for state in (LawState.WAITS, LawState.PLANNED, LawState.PAST, LawState.WITHDRAWN)
        ],
        "kinds": [kind for kind in LawKind if kind not in TEXT_KINDS and covers(request.actor, MAKE_LAW[kind], found)],
        "may_group": covers(request.actor, KEEP_GROUP, found),
        "may_see_trials": covers(request.actor, SEE_TRIAL, found),
        "may_roster": covers(request.actor, KEEP_ROSTER, found),
        "basis": basis_of_unit(_policies_in(told), day_here(request), request.lang),
        "is_empty": not told,
    }
    return render(request, "duties/laws.html", context)


def _policies_in(told: Iterable[ToldLaw]) -> Iterator[str]:
    """The policies that acts in force give."""
    for one in told:
        if one.row.kind == LawKind.DUTY and one.state is LawState.HOLDS and one.row.body.get("policy"):
            yield one.row.body["policy"]


# --- making one -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def make(request: OfficeRequest, unit: int, kind: str) -> HttpResponse:
    """One form for each kind: filled in, shown again with what it would do, and recorded."""
    if kind not in LawKind.values or kind in TEXT_KINDS:
        raise Http404
    chosen = LawKind(kind)
    found = unit_to(request.actor, unit, see=SEE_LAW, do=MAKE_LAW[chosen])
    words = words_for(request.actor, found, day_here(request), request.lang)
    if request.method == "GET":
        return _ask(request, found, LawForm(kind=chosen, words=words))
    form = LawForm(request.POST, kind=chosen, words=words)
    person = _named(request, form, found) if form.is_valid() else None
    if not form.is_valid():
        return _ask(request, found, form)
    draft = _draft(form, found, person)
    try:
        if request.POST.get("yakin") != "1":
            return _confirm(request, found, form, draft)
        if reaches_nobody(draft):
            form.add_error(None, "law.form.reaches_nobody")
            return _ask(request, found, form)
        row = make_law(draft=draft, by=act_by(request, form.cleaned_data["reason"]))
    except ActError as error:
        form.add_error(error.field if error.field in form.fields else None, error.code)
        return _ask(request, found, form)
    return HttpResponseRedirect(f"{reverse('law', args=[row.number])}?selesai=make")


def _named(request: OfficeRequest, form: LawForm, unit: Unit) -> Person | None:
    """The one person whom the form names; the form has an error where it names none, several, or the asker."""
    typed = form.cleaned_data.get("person", "")
    people = people_typed(typed, unit, day_here(request))
    if typed and len(people) != 1:
        form.add_error("person", "law.form.several_people" if people else "law.form.nobody")
        return None
    if people and people[0].number == request.actor.person:
        form.add_error("person", "law.form.not_yourself")
    return people[0] if people else None


def _draft(form: LawForm, unit: Unit, person: Person | None) -> LawAct:
    given = form.cleaned_data
    group = Group.objects.select_related("unit").get(number=int(given["group"])) if given["group"] else None
    return LawAct.saying(
        shape=form.shape(),
        from_date=given["from_date"],
        until_date=form.until_date,
        unit=None if person else unit,
        group=group,
        person=person,
        document=given["document"],
        article=given["article"],
    )


def _ask(request: OfficeRequest, unit: Unit, form: LawForm) -> HttpResponse:
    first = {"from_date": (day_here(request) + _DAY).isoformat(), "code": "DISP", "by_roster": ""}
    context = {
        "unit": unit,
        "kind": form.kind,
        "help_code": f"law.about.{form.kind.value}",
        "parts": [
            ("law.part.what", form.shown(form.own, first)),
            ("law.part.when", form.shown(("from_date", "last_date"), first)),
            ("law.part.whom", form.shown(("group", "person"), first)),
            ("law.part.why", form.shown(("document", "article", "reason"), first)),
        ],
    }
    return form_page(request, "duties/make.html", context, error_codes(form))


def _confirm(request: OfficeRequest, unit: Unit, form: LawForm, draft: LawAct) -> HttpResponse:
    shown = preview(draft, today=day_here(request), now_ms=request.now_ms)
    context = {
        "unit": unit,
        "kind": form.kind,
        "draft": draft,
        "last_date": form.cleaned_data["last_date"],
        "said": said(draft.shape, request.lang),
        "preview": shown,
        "tried_policy": draft.shape.policy if isinstance(draft.shape, DutyLaw) else "",
        "more_names": max(0, shown.people - len(shown.names)),
        "given": form.cleaned_data,
        "hidden": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
    }
    return render(request, "duties/confirm.html", context)


# --- one act ----------------------------------------------------------------------------------------------------------


@require_GET
def law(request: OfficeRequest, number: int) -> HttpResponse:
    """What an act says, since when it holds, who stands behind it, and every step with its record."""
    row = law_in_sight(request.actor, number, day_here(request))
    done = request.GET.get("selesai", "")
    context = {
        **_told(request, row),
        "acts": [(ROUTES[act], act.value) for act in possible_acts(request.actor, row, request.now_ms)],
        "steps": steps_of(request.actor, row),
        "replaced_by": replaced_by(row),
        "done_code": f"law.done.{done}" if done in _DONE else "",
        "is_unit_in_sight": row.unit is not None and row.unit.path.startswith(request.actor.paths(SEE_LAW.roles)),
    }
    return render(request, "duties/law.html", context)


def _told(request: OfficeRequest, row: LawAct) -> dict[str, Any]:
    told = told_law(request.actor, row, day_here(request))
    return {
        "told": told,
        "row": row,
        "kind_code": row.kind_code,
        "said": said(row.shape, request.lang),
        "is_late_made": told.from_date > row.from_date,
        "version": row.shape.version if isinstance(row.shape, OwnPolicy) else None,
        "decree": decree_days(row.shape) if isinstance(row.shape, Decree) else (),
        "own_values": _own_values(row, request.lang),
        "zone": HERE.site.zone,
    }


def _own_values(row: LawAct, lang: Lang) -> list[BasisLine]:
    """What an own policy says itself on its first day in force; nothing of other acts, and of a text that is gone."""
    version = row.shape.version if isinstance(row.shape, OwnPolicy) else None
    known = law_sets(HERE.settings.policies).get(version) if version else None
    return own_values(known, row.from_date, lang) if known is not None else []


@require_http_methods(["GET", "POST"])
def act_on(request: OfficeRequest, number: int, code: str) -> HttpResponse:
    """The page of an act on an act of law. What it needs besides a reason stands in its form."""
    act = LawDecision(code)
    row = law_in_sight(request.actor, number, day_here(request))
    # Whether the asker answers for what the act reaches into; that it is his own turn is said by the act itself.
    if not may(request.actor, MAKE_LAW[LawKind(row.kind)], thing_of_law(row, request.now_ms)):
        raise PermissionDenied
    if request.method == "GET":
        return _ask_act(request, row, act)
    form = EndLawForm(request.POST) if act is LawDecision.END else ReasonForm(request.POST)
    errors = error_codes(form) if not form.is_valid() else {}
    reason = form.cleaned_data.get("reason", "")
    if not reason:
        errors["reason"] = "law.trouble.reason_needed"
    if errors:
        return _ask_act(request, row, act, errors)
    more = {"until_date": form.cleaned_data["last_date"] + _DAY} if act is LawDecision.END else {}
    try:
        done = _CARRY_OUT[act](number=number, by=act_by(request, reason), **more)
    except ActError as error:
        return _ask_act(request, row, act, error)
    asked = act is LawDecision.WITHDRAW and done.withdrawn_at_ms is None
    return HttpResponseRedirect(f"{reverse('law', args=[done.number])}?selesai={'ask_end' if asked else act.value}")


def _ask_act(request: OfficeRequest, row: LawAct, act: LawDecision, trouble: Trouble = None) -> HttpResponse:
    is_late = act not in possible_acts(request.actor, row, request.now_ms)
    if is_late and not trouble:
        trouble = ActError(_why_not(request, row, act))
    today = day_here(request)
    context = {
        **_told(request, row),
        "act": act.value,
        "title_code": f"law.title.{act.value}",
        "button_code": f"law.button.{act.value}",
        "is_late": is_late,
        "is_ahead": row.from_date > today,
        "is_first_word": act is LawDecision.WITHDRAW and row.takes_two_to_undo(today) and row.ending_by_id is None,
        "tomorrow": (today + _DAY).isoformat(),
        "reason": request.POST.get("reason", ""),
        "given_date": request.POST.get("last_date", ""),
    }
    return form_page(request, "duties/act.html", context, trouble)


def _why_not(request: OfficeRequest, row: LawAct, act: LawDecision) -> str:
    """What the act itself would answer, said before a reason is written for nothing."""
    mine = row.made_by_id if act is LawDecision.AGREE else row.ending_by_id
    if row.withdrawn_at_ms is None and mine == request.actor.person:
        return "law.trouble.another_person"
    if row.kind == LawKind.DISPENSATION and row.withdrawn_at_ms is None and row.also_by_id is None:
        return "law.trouble.not_yourself"
    return "law.trouble.already_decided"
