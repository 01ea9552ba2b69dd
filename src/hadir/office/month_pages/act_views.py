from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hadir.office.accounts.confirming import confirms_again
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.month_pages.actions import (
    LETTER_LENGTH_MAX,
    MonthError,
    MonthTrouble,
    ToClose,
    ask_reopen,
    close_month,
    due_of,
    grant_reopen,
    keep_closed,
    set_letters,
    thing_of_month,
)
from hadir.office.month_pages.columns import all_codes
from hadir.office.month_pages.forms import CloseForm
from hadir.office.month_pages.recap import MonthRecap, after, month_recap
from hadir.office.month_pages.waiting import by_source, undecided_days
from hadir.office.months.letters import current_letters
from hadir.office.months.models import Closing, Letters, State
from hadir.office.months.permissions import (
    ASK_REOPEN,
    CLOSE_MONTH,
    SEE_MONTH,
    covers,
    may_grant,
    may_set_letters,
)
from hadir.office.page.forms import ReasonForm, error_codes, typed
from hadir.office.page.requests import OfficeRequest
from hadir.office.units.queries import unit_in_sight, units_in_sight

WAITING_MAX = 100


@require_http_methods(["GET", "POST"])
@confirms_again
def close(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """What will be closed, for how many people, and who waits for data; then the act."""
    found = unit_in_sight(request.actor, SEE_MONTH, unit)
    if not covers(request.actor, CLOSE_MONTH, found.path):
        raise PermissionDenied
    form = CloseForm(request.POST if request.method == "POST" else {"due": due_of(first).isoformat()})
    errors = error_codes(form)
    if request.method == "POST" and not errors:
        what = ToClose(unit=found, first=first, due=form.cleaned_data["due"])
        try:
            close_month(
                what=what,
                policies=HERE.settings.policies,
                by=request.actor,
                at_ms=request.now_ms,
                reason=form.cleaned_data["reason"],
            )
        except MonthError as error:
            errors = {"due" if error.trouble is MonthTrouble.DUE else "": error.trouble.value}
        else:
            return HttpResponseRedirect(f"{reverse('month-recap', args=[unit, first])}?selesai=close")
    month = month_recap(HERE.settings.policies, found, first)
    rows = [row for row in month.rows if not row.is_closed]
    waiting = undecided_days(rows)
    context = {
        "unit": found,
        "month": month,
        "month_code": f"month.{first.month}",
        "rows": rows,
        "waiting": waiting[:WAITING_MAX],
        "waiting_count": len(waiting),
        "dark": by_source(waiting),
        "unproven": sum(len(row.unproven) for row in rows),
        "adjusted": sum(len(row.adjustments) for row in rows),
        "given": typed(form) or {"due": due_of(first).isoformat()},
        "reason": request.POST.get("reason", ""),
        "errors": errors or _not_yet(request, month),
    }
    status = 409 if errors and request.method == "POST" else 200
    return render(request, "months/close.html", context, status=status)


def _not_yet(request: OfficeRequest, month: MonthRecap) -> dict[str, str]:
    """What would be answered to whoever closed the month now."""
    if day_at(request.now_ms, month.unit.zone) < after(month.first):
        return {"": MonthTrouble.NOT_OVER.value}
    if not month.open_units:
        return {"": MonthTrouble.ALREADY_CLOSED.value}
    return {} if month.is_recorded else {"": MonthTrouble.NOT_BEGUN.value}


@require_http_methods(["GET", "POST"])
@confirms_again
def ask(request: OfficeRequest, number: int) -> HttpResponse:
    row = _in_sight(request, number)
    if not covers(request.actor, ASK_REOPEN, row.unit.path):
        raise PermissionDenied
    return _decide(request, row, "ask_reopen", ask_reopen)


@require_http_methods(["GET", "POST"])
@confirms_again
def grant(request: OfficeRequest, number: int) -> HttpResponse:
    return _answer(request, number, "reopen", grant_reopen)


@require_http_methods(["GET", "POST"])
def keep(request: OfficeRequest, number: int) -> HttpResponse:
    return _answer(request, number, "keep_closed", keep_closed)


def _answer(request: OfficeRequest, number: int, act: str, do: Callable[..., Closing]) -> HttpResponse:
    row = _in_sight(request, number)
    if not may_grant(request.actor, thing_of_month(row)):
        raise PermissionDenied
    return _decide(request, row, act, do)


def _in_sight(request: OfficeRequest, number: int) -> Closing:
    """The closing, or 404 as if there were none."""
    seen = units_in_sight(request.actor, SEE_MONTH)
    row = Closing.objects.filter(number=number, unit__in=seen).select_related("unit", "closed_by", "asked_by").first()
    if row is None:
        raise Http404
    return row


def _decide(request: OfficeRequest, row: Closing, act: str, do: Callable[..., Closing]) -> HttpResponse:
    if request.method == "GET":
        return _ask_act(request, row, act, _stale(row, act))
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    if not reason:
        return _ask_act(request, row, act, {"reason": MonthTrouble.REASON_NEEDED.value})
    try:
        do(number=row.number, by=request.actor, at_ms=request.now_ms, reason=reason)
    except MonthError as error:
        return _ask_act(request, row, act, {"": error.trouble.value})
    return HttpResponseRedirect(f"{reverse('month-recap', args=[row.unit_id, row.first])}?selesai={act}")


def _stale(row: Closing, act: str) -> dict[str, str]:
    """Somebody else was quicker."""
    if row.state != State.CLOSED:
        return {"": MonthTrouble.NOT_CLOSED.value}
    if act == "ask_reopen":
        return {"": MonthTrouble.ALREADY_ASKED.value} if row.asked_by_id else {}
    return {} if row.asked_by_id else {"": MonthTrouble.NOT_ASKED.value}


def _ask_act(request: OfficeRequest, row: Closing, act: str, errors: dict[str, str]) -> HttpResponse:
    context: dict[str, Any] = {
        "row": row,
        "month_code": f"month.{row.first.month}",
        "act": act,
        "title_code": f"months.title.{act}",
        "text_code": f"months.text.{act}",
        "button_code": f"months.button.{act}",
        "errors": errors,
        "reason": request.POST.get("reason", ""),
        "is_stale": "" in errors and request.method == "GET",
    }
    return render(request, "months/act.html", context, status=409 if errors and request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
def letters(request: OfficeRequest) -> HttpResponse:
    """The region's letters for the codes of a recap, with who set them last."""
    if not may_set_letters(request.actor):
        raise PermissionDenied
    errors: dict[str, str] = {}
    codes = _codes(request)
    if request.method == "POST":
        given = {code: request.POST.get(f"huruf-{code}", "") for code in codes}
        reason = request.POST.get("reason", "")
        try:
            set_letters(letters=given, by=request.actor, at_ms=request.now_ms, reason=reason)
        except MonthError as error:
            errors = {"reason" if error.trouble is MonthTrouble.REASON_NEEDED else "": error.trouble.value}
        else:
            return HttpResponseRedirect(f"{reverse('month-letters')}?selesai=1")
    current = current_letters()
    shown = [(code, request.POST.get(f"huruf-{code}", current.get(code, code))) for code in codes]
    context = {
        "codes": shown,
        "newest": Letters.objects.select_related("set_by").first(),
        "errors": errors,
        "reason": request.POST.get("reason", ""),
        "letter_length_max": LETTER_LENGTH_MAX,
        "zone": HERE.site.zone,
        "is_done": request.GET.get("selesai") == "1",
    }
    return render(request, "months/letters.html", context, status=409 if errors else 200)


def _codes(request: OfficeRequest) -> list[str]:
    """Every code of the policies in use."""
    return all_codes(HERE.settings.policies, day_at(request.now_ms, HERE.site.zone))
