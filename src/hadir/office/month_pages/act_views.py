from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hadir.office.accounts.confirming import confirms_again
from hadir.office.excuses.queries import excuses_in_sight
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import day_at
from hadir.office.month_pages.actions import (
    LETTER_LENGTH_MAX,
    ToClose,
    ask_reopen,
    close_month,
    grant_reopen,
    keep_closed,
    set_letters,
    thing_of_month,
)
from hadir.office.month_pages.columns import all_codes, policies_of
from hadir.office.month_pages.forms import CloseForm
from hadir.office.month_pages.recap import MonthRecap, Row, after, month_recap
from hadir.office.month_pages.waiting import by_source, notes_of, undecided_days
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
from hadir.office.page.answers import Trouble, errors_in, form_page
from hadir.office.page.forms import error_codes, typed, typed_reason
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.units.queries import unit_in_sight, units_in_sight

WAITING_MAX = 100


@require_http_methods(["GET", "POST"])
@confirms_again
def close(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """What will be closed, for how many people, and who waits for data; then the act."""
    found = unit_in_sight(request.actor, SEE_MONTH, unit)
    if not covers(request.actor, CLOSE_MONTH, found.path):
        raise PermissionDenied
    form = CloseForm(request.POST if request.method == "POST" else None)
    trouble: Trouble = error_codes(form)
    if request.method == "POST" and not trouble:
        what = ToClose(unit=found, first=first, due=form.cleaned_data["due"])
        try:
            close_month(what=what, policies=HERE.settings.policies, by=act_by(request, form.cleaned_data["reason"]))
        except ActError as error:
            trouble = error
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
        **_notes(request, month, rows),
        "unproven": sum(len(row.unproven) for row in rows),
        "adjusted": sum(len(row.adjustments) for row in rows),
        "given": typed(form) or {"due": _due(request, month).isoformat()},
        "reason": request.POST.get("reason", ""),
    }
    return form_page(request, "months/close.html", context, trouble or _not_yet(request, month))


def _due(request: OfficeRequest, month: MonthRecap) -> date:
    """What the form proposes: until when the policies wait for a silent source, or today where that day has passed."""
    until = [policy.due_on(month.first) for policy in policies_of(HERE.settings.policies, month)]
    return max([day_at(request.now_ms, month.unit.zone), *until])


def _notes(request: OfficeRequest, month: MonthRecap, rows: list[Row]) -> dict[str, object]:
    """Excuses of the month that nobody has decided yet: whose they are, and which of them this reader may open."""
    names = {row.person: row.name for row in rows}
    found = notes_of(sorted(names), month, request.lang)
    numbers = {one.number for one in found}
    in_sight = excuses_in_sight(request.actor).filter(number__in=numbers)
    return {
        "notes": [(names[one.person], one) for one in found[:WAITING_MAX]],
        "notes_count": len(numbers),
        "notes_open": set(in_sight.values_list("number", flat=True)) if numbers else set(),
    }


def _not_yet(request: OfficeRequest, month: MonthRecap) -> Trouble:
    """What would be answered to whoever closed the month now."""
    if day_at(request.now_ms, month.unit.zone) < after(month.first):
        return ActError("months.trouble.not_over")
    if not month.open_units:
        return ActError("months.trouble.already_closed")
    return None if month.is_recorded else ActError("months.trouble.not_begun")


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
    reason = typed_reason(request)
    if not reason:
        return _ask_act(request, row, act, {"reason": "excuse.trouble.reason_needed"})
    try:
        do(number=row.number, by=act_by(request, reason))
    except ActError as error:
        return _ask_act(request, row, act, error)
    return HttpResponseRedirect(f"{reverse('month-recap', args=[row.unit_id, row.first])}?selesai={act}")


def _stale(row: Closing, act: str) -> dict[str, str]:
    """Somebody else was quicker."""
    if row.state != State.CLOSED:
        return {"": "months.trouble.not_closed"}
    if act == "ask_reopen":
        return {"": "months.trouble.already_asked"} if row.asked_by_id else {}
    return {} if row.asked_by_id else {"": "months.trouble.not_asked"}


def _ask_act(request: OfficeRequest, row: Closing, act: str, trouble: Trouble) -> HttpResponse:
    context: dict[str, Any] = {
        "row": row,
        "month_code": f"month.{row.first.month}",
        "act": act,
        "title_code": f"months.title.{act}",
        "text_code": f"months.text.{act}",
        "button_code": f"months.button.{act}",
        "reason": request.POST.get("reason", ""),
        "is_stale": "" in errors_in(trouble) and request.method == "GET",
    }
    return form_page(request, "months/act.html", context, trouble)


@require_http_methods(["GET", "POST"])
def letters(request: OfficeRequest) -> HttpResponse:
    """The region's letters for the codes of a recap, with who set them last."""
    if not may_set_letters(request.actor):
        raise PermissionDenied
    trouble: Trouble = None
    codes = _codes(request)
    if request.method == "POST":
        given = {code: request.POST.get(f"huruf-{code}", "") for code in codes}
        reason = request.POST.get("reason", "")
        try:
            set_letters(letters=given, by=act_by(request, reason))
        except ActError as error:
            trouble = error
        else:
            return HttpResponseRedirect(f"{reverse('month-letters')}?selesai=1")
    current = current_letters()
    shown = [(code, request.POST.get(f"huruf-{code}", current.get(code, code))) for code in codes]
    context = {
        "codes": shown,
        "newest": Letters.objects.select_related("set_by").first(),
        "reason": request.POST.get("reason", ""),
        "letter_length_max": LETTER_LENGTH_MAX,
        "zone": HERE.site.zone,
        "is_done": request.GET.get("selesai") == "1",
    }
    return form_page(request, "months/letters.html", context, trouble)


def _codes(request: OfficeRequest) -> list[str]:
    """Every code of the policies in use."""
    return all_codes(HERE.settings.policies, day_at(request.now_ms, HERE.site.zone))
