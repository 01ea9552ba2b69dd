from collections.abc import Callable
from datetime import date
from functools import partial

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
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
from hadir.office.month_pages.recap import MonthRecap, RecapRow, month_recap
from hadir.office.month_pages.waiting import by_source, notes_of, undecided_days
from hadir.office.months.editions import waiting_in
from hadir.office.months.letters import current_letters
from hadir.office.months.models import Closing, ClosingState, Letters
from hadir.office.months.permissions import (
    ASK_REOPEN,
    CLOSE_MONTH,
    SEE_MONTH,
    may_grant,
    may_set_letters,
)
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.forms import MESSAGES, REASON_LENGTH_MAX, DayField, error_codes, text, typed, typed_reason
from hadir.office.page.periods import month_after
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.roles import Actor
from hadir.office.units.queries import covers, unit_to, units_in_sight

WAITING_MAX = 100


class CloseForm(forms.Form):
    """Until when the undecided days are to be decided; a word about it if one likes."""

    due = DayField(error_messages=MESSAGES)
    reason = text(REASON_LENGTH_MAX)


@require_http_methods(["GET", "POST"])
@confirms_again
def close(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """What will be closed, for how many people, and who waits for data; then the act."""
    found = unit_to(request.actor, unit, see=SEE_MONTH, do=CLOSE_MONTH)
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
    # Until when the policies wait for a silent source, or today where that day has passed.
    due = [policy.due_on(first) for policy in policies_of(HERE.settings.policies, month)]
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
        "given": typed(form) or {"due": max([day_at(request.now_ms, found.zone), *due]).isoformat()},
        "reason": request.POST.get("reason", ""),
    }
    return form_page(request, "months/close.html", context, trouble or _not_yet(request, month))


def _notes(request: OfficeRequest, month: MonthRecap, rows: list[RecapRow]) -> dict[str, object]:
    """Excuses of the month that nobody has decided yet: whose they are, and which of them this reader may open."""
    names = {row.person: row.name for row in rows}
    found = notes_of(sorted(names), month, request.lang)
    numbers = {one.excuse_id for one, _ in found}
    in_sight = excuses_in_sight(request.actor).filter(number__in=numbers)
    return {
        "notes": [(names[one.person_id], one.excuse, days) for one, days in found[:WAITING_MAX]],
        "notes_count": len(numbers),
        "notes_open": set(in_sight.values_list("number", flat=True)) if numbers else set(),
    }


def _not_yet(request: OfficeRequest, month: MonthRecap) -> Trouble:
    """What would be answered to whoever closed the month now."""
    if day_at(request.now_ms, month.unit.zone) < month_after(month.first):
        return ActError("months.trouble.not_over")
    if not month.open_units:
        return ActError("months.trouble.already_closed")
    if not month.is_recorded:
        return ActError("months.trouble.not_begun")
    waits = waiting_in([unit.number for unit in month.open_units], month.first).exists()
    return ActError("months.trouble.edition_waits") if waits else None


def _may_ask(actor: Actor, row: Closing) -> bool:
    return covers(actor, ASK_REOPEN, row.unit)


def _may_answer(actor: Actor, row: Closing) -> bool:
    return may_grant(actor, thing_of_month(row))


def _page_of(
    act: str, do: Callable[..., Closing], may: Callable[[Actor, Closing], bool]
) -> Callable[[OfficeRequest, int], HttpResponse]:
    """The page of an act on a closing, which needs nothing but a reason."""

    @require_http_methods(["GET", "POST"])
    def page(request: OfficeRequest, number: int) -> HttpResponse:
        rows = Closing.objects.filter(unit__in=units_in_sight(request.actor, SEE_MONTH))
        row = get_object_or_404(rows.select_related("unit", "closed_by", "asked_by"), number=number)
        if not may(request.actor, row):
            raise PermissionDenied
        trouble = _stale(row, act) if request.method == "GET" else None
        context = {
            "row": row,
            "month_code": f"month.{row.first.month}",
            "act": act,
            "title_code": f"months.title.{act}",
            "text_code": f"months.text.{act}",
            "button_code": f"months.button.{act}",
            "reason": request.POST.get("reason", ""),
            "is_stale": trouble is not None,
        }
        ask = partial(form_page, request, "months/act.html", context)
        if request.method == "GET":
            return ask(trouble)
        done = f"{reverse('month-recap', args=[row.unit_id, row.first])}?selesai={act}"
        return carry_out(partial(do, number=number, by=act_by(request, typed_reason(request))), ask, done)

    return page


ask = confirms_again(_page_of("ask_reopen", ask_reopen, _may_ask))
grant = confirms_again(_page_of("reopen", grant_reopen, _may_answer))
keep = _page_of("keep_closed", keep_closed, _may_answer)


def _stale(row: Closing, act: str) -> ActError | None:
    """Somebody else was quicker."""
    if row.state != ClosingState.CLOSED:
        return ActError("months.trouble.not_closed")
    if act == "ask_reopen":
        return ActError("months.trouble.already_asked") if row.asked_by_id else None
    return None if row.asked_by_id else ActError("months.trouble.not_asked")


@require_http_methods(["GET", "POST"])
def letters(request: OfficeRequest) -> HttpResponse:
    """The region's letters for the codes of a recap, with who set them last."""
    if not may_set_letters(request.actor):
        raise PermissionDenied
    codes = all_codes(HERE.settings.policies, day_at(request.now_ms, HERE.site.zone))
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
    ask = partial(form_page, request, "months/letters.html", context)
    if request.method == "GET":
        return ask()
    given = {code: request.POST.get(f"huruf-{code}", "") for code in codes}
    act = partial(set_letters, letters=given, by=act_by(request, request.POST.get("reason", "")))
    return carry_out(act, ask, f"{reverse('month-letters')}?selesai=1")
