"""A policy tried before it is published: the form, how far it is, and what it would change for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.duties.models import PolicyTrial, TrialPerson, TrialState
from hadir.office.duties.permissions import SEE_TRIAL, TRY_POLICY
from hadir.office.duties.said import policy_title
from hadir.office.duties.words import policies_on
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.own_laws import OWN
from hadir.office.ground.words import say
from hadir.office.law_pages.trials import (
    FILE_BYTES_MAX,
    Totals,
    Wish,
    ask_trial,
    totals_by_unit,
    whole,
)
from hadir.office.months.letters import current_letters, printed
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.asked import number_asked
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.tables.writing import SheetOut, download, xlsx_file
from hadir.office.units.models import Unit
from hadir.office.units.queries import units_in_sight
from hadir.rules.faults import Said
from hadir.rules.reading import YEAR_MAX, YEAR_MIN, Fault
from hadir.texts import Lang

FAULTS_MAX = 20


class TrialForm(forms.Form):
    """What is to be tried. Of set and file the file counts."""

    unit = forms.IntegerField()
    bulan = forms.RegexField(r"^\d{4}-\d{2}$")
    peraturan = forms.CharField(required=False, max_length=60)
    berkas = forms.FileField(required=False, max_length=200)

    @property
    def first(self) -> date | None:
        year, month = map(int, self.cleaned_data["bulan"].split("-"))
        return date(year, month, 1) if YEAR_MIN <= year <= YEAR_MAX and 1 <= month <= 12 else None


@require_http_methods(["GET", "POST"])
def trials(request: OfficeRequest) -> HttpResponse:
    """What is to be tried, and what was tried lately."""
    if not request.actor.paths(SEE_TRIAL.roles):
        raise PermissionDenied
    if request.method == "GET":
        return _ask(request)
    if not request.actor.paths(TRY_POLICY.roles):
        raise PermissionDenied
    wish = _wish(request)
    if wish is None:
        return _ask(request, {"form": "law.trial.trouble.form"})
    try:
        row = ask_trial(wish, policies=HERE.settings.policies, by=act_by(request), today=day_here(request))
    except ActError as error:
        return _ask(request, error, error.faults)
    return HttpResponseRedirect(reverse("trial", args=[row.number]))


def _wish(request: OfficeRequest) -> Wish | None:
    """None where the form does not say what is to be tried, or the file is too large."""
    form = TrialForm(request.POST, request.FILES)
    if not form.is_valid() or (first := form.first) is None:
        return None
    given, brought = form.cleaned_data, form.cleaned_data["berkas"]
    unit = units_in_sight(request.actor, TRY_POLICY).filter(number=given["unit"]).first()
    if unit is None or (brought is None and not _is_offered(given["peraturan"], first)):
        return None
    if brought is not None and brought.size > FILE_BYTES_MAX:
        return None
    return Wish(unit=unit, first=first, policy=given["peraturan"], document=brought.read() if brought else b"")


def _is_offered(policy: str, first: date) -> bool:
    """An own one is tried as a file: on whoever is judged by it."""
    return not policy.startswith(OWN) and policy in policies_on(first)


def fault_told(fault: Fault, lang: Lang) -> str:
    said = fault.message
    return say(f"fault.{said.code}", lang, said.params) if isinstance(said, Said) else said


def faults_told(faults: Sequence[Fault], lang: Lang) -> list[tuple[str, str]]:
    """The first of them, each with its place and its line, and what is wrong there."""
    return [(_place(fault, lang), fault_told(fault, lang)) for fault in faults[:FAULTS_MAX]]


def _place(fault: Fault, lang: Lang) -> str:
    return fault.place if fault.line is None else say("faults.line", lang, {"place": fault.place, "line": fault.line})


def _ask(request: OfficeRequest, trouble: Trouble = None, faults: Sequence[Fault] = ()) -> HttpResponse:
    today = day_here(request)
    asked = request.POST if request.method == "POST" else request.GET
    units = units_in_sight(request.actor, TRY_POLICY)
    seen = units_in_sight(request.actor, SEE_TRIAL)
    context = {
        "units": units,
        "may_try": bool(request.actor.paths(TRY_POLICY.roles)),
        "policies": [
            (name, policy_title(name, request.lang)) for name in policies_on(today) if not name.startswith(OWN)
        ],
        "given": {
            "unit": asked.get("unit", ""),
            "bulan": asked.get("bulan", f"{today:%Y-%m}"),
            "peraturan": asked.get("peraturan", ""),
        },
        "this_month": f"{today:%Y-%m}",
        "faults": faults_told(faults, request.lang),
        "more_faults": max(0, len(faults) - FAULTS_MAX),
        "rows": [
            (row, row.title[request.lang], whole(list(totals_by_unit(row).values())))
            for row in PolicyTrial.objects.filter(unit__in=seen).select_related("unit", "by")
        ],
        "zone": HERE.site.zone,
    }
    return form_page(request, "duties/trials.html", context, trouble)


# --- one trial --------------------------------------------------------------------------------------------------------


@require_GET
def trial(request: OfficeRequest, number: int) -> HttpResponse:
    """How far it is; then the totals, the units, and the people with their days."""
    row = _in_sight(request, number)
    frame = {"row": row, "title": row.title[request.lang], "month_code": f"month.{row.first.month}"}
    if request.headers.get("HX-Request") and row.state == TrialState.WAITING:
        return render(request, "duties/_trial_progress.html", frame)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "duties/trial.html", {**frame, **_found(request, row)})


@require_GET
def trial_xlsx(request: OfficeRequest, number: int) -> HttpResponse:
    """Everything that was found, as a workbook."""
    row = _in_sight(request, number)
    if row.state != TrialState.DONE:
        raise Http404
    people = TrialPerson.objects.filter(trial=row).select_related("person", "unit")
    body = trial_workbook(row, people, units=_units(row), lang=request.lang)
    return download(body, f"uji-{row.policy}-{row.first:%Y-%m}-{row.number}", "xlsx")


def _in_sight(request: OfficeRequest, number: int) -> PolicyTrial:
    """The trial, or 404 as if there were none."""
    rows = PolicyTrial.objects.filter(unit__in=units_in_sight(request.actor, SEE_TRIAL))
    return get_object_or_404(rows.select_related("unit", "by"), number=number)


def _units(row: PolicyTrial) -> dict[int, Unit]:
    return Unit.objects.in_bulk([int(number) for number in row.units])


def _found(request: OfficeRequest, row: PolicyTrial) -> dict[str, Any]:
    by_unit, units = totals_by_unit(row), _units(row)
    asked = number_asked(request.GET.get("unit", ""))
    chosen = None if asked is None else units.get(asked)
    people = TrialPerson.objects.filter(trial=row).select_related("person", "unit")
    page = page_of(
        request, people.filter(unit=chosen) if chosen else people, {"unit": chosen.number if chosen else None}
    )
    told = [(units[number], one) for number, one in by_unit.items()]
    letters = current_letters()
    shown = by_unit[chosen.number] if chosen else whole(list(by_unit.values()))
    return {
        "total": shown,
        "sum": shown.more - shown.less,
        "classes": [(printed(code, letters), *pair) for code, pair in shown.classes.items() if pair[0] != pair[1]],
        "by_unit": sorted((one for one in told if one[1].changed), key=lambda one: (-one[1].changed, one[0].path)),
        "chosen": chosen,
        "page": page,
        "people": [
            (one, [(date.fromisoformat(day), *(_told(part, letters) for part in parts)) for day, *parts in one.days])
            for one in page.object_list
        ],
        "is_running": row.first.replace(day=1) == day_here(request).replace(day=1),
        "zone": HERE.site.zone,
    }


def _told(outcome: dict[str, Any], letters: dict[str, str]) -> dict[str, Any]:
    codes = [printed(code, letters) for code in outcome["codes"]]
    return {"codes": " ".join(codes), "minutes": outcome["minutes"], "percent": Decimal(outcome["percent"])}


_WIDTH, _WIDE = 14, 34
_TOTAL_HEADS = ("people", "changed", "stricter", "milder", "more", "less", "days", "minutes_before", "minutes_after")
_PERSON_HEADS = ("name", "nip", "unit", "before", "after", "change", "days")
_DAY_HEADS = (
    "name", "nip", "unit", "day", "codes_before", "codes_after", "minutes_before", "minutes_after", "percent_before",
    "percent_after",
)  # fmt: skip


def trial_workbook(row: PolicyTrial, people: Iterable[TrialPerson], *, units: Mapping[int, Unit], lang: Lang) -> bytes:
    """The bytes of an .xlsx file. Every text is a text, whatever it begins with."""
    by_unit, letters = totals_by_unit(row), current_letters()
    total = whole(list(by_unit.values()))
    scope = f"{row.title[lang]} · {row.unit.name} · {row.first:%Y-%m}"
    rows = [[units[number].name, *_numbers(one)] for number, one in by_unit.items() if number in units]
    classes = [[printed(code, letters), *pair] for code, pair in total.classes.items()]
    told = list(people)
    changes = [[*_who(one), one.before, one.after, one.change, len(one.days)] for one in told]
    days = [[*_who(one), *_day(day, letters)] for one in told for day in one.days]
    return xlsx_file(
        _sheet("units", ("unit", *_TOTAL_HEADS), [[scope, *_numbers(total)], *rows], lang),
        _sheet("classes", ("code", "before", "after"), classes, lang),
        _sheet("people", _PERSON_HEADS, changes, lang),
        _sheet("days", _DAY_HEADS, days, lang),
    )


def _numbers(one: Totals) -> list[Any]:
    return [one.people, one.changed, one.stricter, one.milder, one.more, one.less, one.changed_days, *one.minutes]


def _who(one: TrialPerson) -> list[Any]:
    return [one.person.titled_name, one.person.nip, one.unit.name]


def _day(day: Sequence[Any], letters: Mapping[str, str]) -> list[Any]:
    on, before, after = day
    codes = [" ".join(printed(code, letters) for code in one["codes"]) for one in (before, after)]
    return [on, *codes, before["minutes"], after["minutes"], Decimal(before["percent"]), Decimal(after["percent"])]


def _sheet(name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], lang: Lang) -> SheetOut:
    return SheetOut(
        title=say(f"law.trial.sheet.{name}", lang),
        rows=[[say(f"law.trial.head.{head}", lang) for head in heads], *rows],
        widths=[_WIDE if head in {"name", "unit"} else _WIDTH for head in heads],
    )
