from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.excuse_pages.many_views import acts_on_many, done_many
from hadir.office.excuses.actions import (
    agree_change,
    approve_excuse,
    ask_change,
    attest_excuse,
    enter_and_attest,
    keep_as_it_was,
    reject_excuse,
    thing_of_excuse,
    too_late,
    vouch_outage,
    withdraw_excuse,
)
from hadir.office.excuses.covering import Word, concerns, days_of
from hadir.office.excuses.forms import AbsenceForm, OutageForm, shown_window
from hadir.office.excuses.kinds import ALLOWED, Cause, ExcuseAct, ExcuseState, absence_kinds
from hadir.office.excuses.models import Excuse
from hadir.office.excuses.permissions import (
    APPROVE_EXCUSE,
    ATTEST_EXCUSE,
    ENTER_EXCUSE,
    SEE_EXCUSES,
    could_do,
    covers_whole,
    head_paths,
    may_do,
    may_see_reason,
)
from hadir.office.excuses.queries import (
    excuse_in_sight,
    excuses_of_unit,
    overlaps,
    overlaps_of,
    people_named,
    possible_acts,
    steps_of,
)
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.judging.excuse_effects import AsIf, Concerned, Part, effects
from hadir.office.judging.judging import judge_context
from hadir.office.judging.proven_late import effects_and_proven
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.asked import day_asked, month_asked, number_asked
from hadir.office.page.forms import error_codes, typed, typed_reason
from hadir.office.page.lists import Addressed, one_of, page_of
from hadir.office.page.periods import month_after
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below
from hadir.office.units.models import Unit
from hadir.office.units.queries import covers, first_unit, unit_in_sight, unit_to, units_in_sight
from hadir.records.days import local
from hadir.rules.clocks import local_day


@dataclass(frozen=True, slots=True)
class ListFilter(Addressed):
    """What is not said, or said wrongly, filters nothing."""

    kind: str = ""
    state: str = ""
    first: date | None = None
    """The first day of a month in which the excuse must hold on some day."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "ListFilter":
        kinds = {kind.value for kind in absence_kinds()}
        return cls(
            one_of(given, "jenis", kinds), one_of(given, "keadaan", ExcuseState.values), _month(given.get("bulan", ""))
        )

    def of(self, rows: QuerySet[Excuse], zone: str) -> QuerySet[Excuse]:
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.state:
            rows = rows.filter(state=self.state)
        if self.first is not None:
            from_ms, until_ms = (local_day(day, zone).from_ms for day in (self.first, month_after(self.first)))
            rows = rows.filter(from_ms__lt=until_ms, until_ms__gt=from_ms)
        return rows

    @property
    def is_any(self) -> bool:
        return any(self.parts.values())

    @property
    def parts(self) -> Mapping[str, object]:
        return {"jenis": self.kind, "keadaan": self.state, "bulan": f"{self.first:%Y-%m}" if self.first else ""}


def _month(text: str) -> date | None:
    """`2026-11`, as browsers send it, or `11/2026`, as people type it where the browser has no field for months."""
    month, typed, year = text.strip().partition("/")
    return month_asked(f"{year}-{month:0>2}" if typed else text)


_CARRY_OUT: dict[ExcuseAct, Callable[..., Excuse]] = {
    ExcuseAct.ATTEST: attest_excuse,
    ExcuseAct.APPROVE: approve_excuse,
    ExcuseAct.REJECT: reject_excuse,
    ExcuseAct.WITHDRAW: withdraw_excuse,
    ExcuseAct.VOUCH: vouch_outage,
    ExcuseAct.CHANGE: ask_change,
    ExcuseAct.AGREE: agree_change,
    ExcuseAct.KEEP: keep_as_it_was,
}
ROUTES = {
    ExcuseAct.ATTEST: "excuse-attest",
    ExcuseAct.APPROVE: "excuse-approve",
    ExcuseAct.REJECT: "excuse-reject",
    ExcuseAct.WITHDRAW: "excuse-withdraw",
    ExcuseAct.VOUCH: "excuse-vouch",
    ExcuseAct.CHANGE: "excuse-change",
    ExcuseAct.AGREE: "excuse-agree",
    ExcuseAct.KEEP: "excuse-keep",
}
SHOWS_PROVEN = frozenset({ExcuseAct.ATTEST, ExcuseAct.APPROVE, ExcuseAct.CHANGE, ExcuseAct.AGREE})
"""Acts before which the page shows whom an outage finds proven late."""


@require_GET
def excuses_home(request: OfficeRequest) -> HttpResponse:
    return first_unit(request, SEE_EXCUSES, "excuses")


@require_GET
def excuses(request: OfficeRequest, unit: int) -> HttpResponse:
    """The absences of a unit's people, newest first; of one kind, state or month where the address says so."""
    found = unit_in_sight(request.actor, SEE_EXCUSES, unit)
    wanted = ListFilter.read(request.GET)
    rows = wanted.of(excuses_of_unit(request.actor, found), found.zone)
    page = page_of(request, rows, wanted.parts)
    context = {
        "filter": wanted,
        "kinds": absence_kinds(),
        "states": ExcuseState,
        "unit": found,
        "units": units_in_sight(request.actor, SEE_EXCUSES),
        "zone": found.zone,
        "page": page,
        "rows": list(page.object_list),
        "may_enter": covers(request.actor, ENTER_EXCUSE, found),
        "many": acts_on_many(request, found),
        "may_withdraw": covers(request.actor, APPROVE_EXCUSE, found),
        "done_many": done_many(request.GET.get("selesai", "")),
    }
    return render(request, "excuses/excuses.html", context)


# --- entering ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def enter(request: OfficeRequest, unit: int) -> HttpResponse:
    """One form for one person or a whole unit: filled in, shown again with what it will do, and entered."""
    found = unit_to(request.actor, unit, see=SEE_EXCUSES, do=ENTER_EXCUSE)
    people = list(people_below([found.path], day_here(request)))
    others = [person for person in people if person.number != request.actor.person]
    if request.method == "GET":
        return _ask_absence(request, found, others, AbsenceForm(people=()))
    form = AbsenceForm(request.POST, people=(person.number for person in others))
    if not form.is_valid():
        return _ask_absence(request, found, others, form)
    chosen = [person for person in others if person.number in set(form.cleaned_data["people"])]
    if request.POST.get("yakin") != "1":
        return _confirm_absence(request, found, chosen, form)
    by = act_by(request, form.cleaned_data["reason"])
    row = enter_and_attest(entry=form.excuse(found), people=chosen, by=by)
    return HttpResponseRedirect(f"{reverse('excuse', args=[row.number])}?selesai=enter")


def _ask_absence(request: OfficeRequest, unit: Unit, people: Sequence[Person], form: AbsenceForm) -> HttpResponse:
    day = day_asked(request.GET.get("tanggal", "")) or day_at(request.now_ms, unit.zone)
    given: dict[str, Any] = {"from_date": day.isoformat(), "until_date": day.isoformat(), **typed(form)}
    context = {
        "unit": unit,
        "people": people,
        "kinds": absence_kinds(),
        "given": given,
        "ticked": set(request.POST.getlist("people")) if form.is_bound else {request.GET.get("orang", "")},
    }
    return form_page(request, "excuses/enter.html", context, error_codes(form))


def _confirm_absence(request: OfficeRequest, unit: Unit, chosen: Sequence[Person], form: AbsenceForm) -> HttpResponse:
    given = form.cleaned_data
    context = {
        "unit": unit,
        "chosen": chosen,
        "kind_code": f"excuse.kind.{given['kind']}",
        "period": form.period(unit.zone),
        "is_whole_days": form.is_whole_days,
        "days": (given["until_date"] - given["from_date"]).days + 1,
        "given": given,
        "hidden": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
        "zone": unit.zone,
        "overlaps": overlaps(request.actor, [one.number for one in chosen], form.period(unit.zone)),
    }
    return render(request, "excuses/confirm.html", context)


# --- one excuse -------------------------------------------------------------------------------------------------------


@require_GET
def excuse(request: OfficeRequest, number: int) -> HttpResponse:
    """One excuse: what it says, what it changes, and every act on it with its record."""
    row = excuse_in_sight(request.actor, number)
    done = request.GET.get("selesai", "")
    context = {
        **_told(request, row),
        "acts": [(ROUTES[act], act.value) for act in possible_acts(request.actor, row)],
        "steps": steps_of(request.actor, row),
        **_readings(request, row),
        "proposed_at": f"{local(row.entered_at_ms, HERE.site.zone):%Y-%m-%d %H:%M}",
        "done_code": f"excuse.done.{done}" if done in set(ExcuseAct) else "",
    }
    return render(request, "excuses/excuse.html", context)


def _told(request: OfficeRequest, row: Excuse) -> dict[str, Any]:
    is_open = may_see_reason(request.actor, thing_of_excuse(row))
    return {
        "row": row,
        "zone": row.zone,
        "names": people_named(row),
        "days": len(days_of(row)),
        "is_open": is_open,
        "overlaps": overlaps_of(request.actor, row),
    }


def _readings(request: OfficeRequest, row: Excuse, act: ExcuseAct | None = None) -> dict[str, Any]:
    """What it changes as it stands, or would if this person did `act` now; and whom it finds proven late."""
    actor = request.actor
    words: tuple[Word, ...] = ()
    if row.is_outage and act in {ExcuseAct.ATTEST, ExcuseAct.VOUCH} and actor.person:
        words = tuple(Word(path, actor.person) for path in head_paths(actor, thing_of_excuse(row)))
    as_if = AsIf(approver=actor.person if act is ExcuseAct.APPROVE and row.is_outage else None, words=words)
    whom, part = Concerned.below(actor.paths(SEE_EXCUSES.roles), row), _part_asked(request, "bagian")
    if not row.is_outage or row.state not in ASKS_PROVEN or (act is not None and act not in SHOWS_PROVEN):
        told = effects(judge_context(), row, whom, now_ms=request.now_ms, as_if=as_if, part=part)
        return {"effects": told}
    told, proven = effects_and_proven(
        judge_context(), row, whom, now_ms=request.now_ms, as_if=as_if, part=part,
        proven_part=_part_asked(request, "lot"), unit=number_asked(request.GET.get("unit", "")),
    )  # fmt: skip
    return {"effects": told, "proven": proven}


ASKS_PROVEN = frozenset({ExcuseState.PROPOSED, ExcuseState.ATTESTED, ExcuseState.APPROVED})


def _part_asked(request: OfficeRequest, name: str) -> Part:
    asked = number_asked(request.GET.get(name, ""))
    return Part() if asked is None else Part(max(1, asked))


# --- acts -------------------------------------------------------------------------------------------------------------


LIFTS = "hapus"
"""Of the two answers to whom an outage finds proven late; the other lets it stand."""


@require_http_methods(["GET", "POST"])
def act_on(request: OfficeRequest, number: int, code: str) -> HttpResponse:
    """The page of an act. Whoever attests a whole outage may correct its window; all else needs but a reason."""
    act = ExcuseAct(code)
    row, form = _to_decide(request, number, act), None
    if act is ExcuseAct.ATTEST and row.is_outage and covers_whole(request.actor, ATTEST_EXCUSE, thing_of_excuse(row)):
        form = OutageForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return _ask_act(request, row, act, form)
    if row.state not in ALLOWED[act]:
        return _ask_act(request, row, act, form, too_late(row))
    reason = typed_reason(request)
    errors = error_codes(form) if form and not form.is_valid() else {}
    if not reason and act is not ExcuseAct.ATTEST:
        errors["reason"] = "excuse.trouble.reason_needed"
    if errors:
        return _ask_act(request, row, act, form, errors)
    more: dict[str, Any] = {"window": form.corrected(row)} if form else {}
    if act is ExcuseAct.APPROVE and row.is_outage:
        more["lifts_proven"] = request.POST.get("terbukti") == LIFTS
    do, ask = _CARRY_OUT[act], partial(_ask_act, request, row, act, form)
    done = f"{reverse('excuse', args=[row.number])}?selesai={act.value}"
    return carry_out(partial(do, number=number, by=act_by(request, reason), **more), ask, done)


def _to_decide(request: OfficeRequest, number: int, act: ExcuseAct) -> Excuse:
    """The excuse, if it is in sight (else 404) and the actor may do this to it (else 403); or could have done it, had
    it not been decided already: the page says so.
    """
    row = excuse_in_sight(request.actor, number)
    thing = thing_of_excuse(row)
    is_decided = row.state not in ALLOWED[act] and could_do(request.actor, act, thing)
    if not is_decided and not may_do(request.actor, act, thing):
        raise PermissionDenied
    return row


def _ask_act(
    request: OfficeRequest, row: Excuse, act: ExcuseAct, form: OutageForm | None, trouble: Trouble = None
) -> HttpResponse:
    """What will change, for how many people, before it does."""
    told, is_late = _told(request, row), act not in possible_acts(request.actor, row)
    context = {
        **told,
        "act": act.value,
        "title_code": f"excuse.title.{act.value}",
        "button_code": f"excuse.button.{act.value}",
        **_readings(request, row, act),
        "steps": steps_of(request.actor, row),
        "window": form is not None,
        "given": typed(form) if form and form.is_bound else shown_window(row),
        "causes": list(Cause),
        "is_late": is_late,
        "reason": request.POST.get("reason", ""),
        "is_second": act is ExcuseAct.APPROVE and row.approved_by_id is not None,
        "concerns_me": act is ExcuseAct.APPROVE and row.is_outage and concerns(row, request.actor.person),
        "asks_proven": act is ExcuseAct.APPROVE and row.is_outage and row.state == ExcuseState.ATTESTED,
        "lifts": request.POST.get("terbukti") == LIFTS,
    }
    late = too_late(row) if is_late else None
    return form_page(request, "excuses/act.html", context, trouble or late)
