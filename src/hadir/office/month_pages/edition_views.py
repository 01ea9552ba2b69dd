"""The page of an edition of the rules: what it says otherwise, and two people who accept it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from hadir.office.accounts.confirming import confirms_again
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.queries import reason_of
from hadir.office.ground.installation import HERE
from hadir.office.ground.words import say
from hadir.office.judging.judging import judge_context
from hadir.office.month_pages.edition_actions import accept_edition, keep_waiting, propose_edition
from hadir.office.month_pages.edition_list import DifferenceFilter, differences, rows_of, table_rows
from hadir.office.months.editions import counted, kept_closed, newest_edition
from hadir.office.months.letters import current_letters
from hadir.office.months.models import Edition, EditionState, PriceChange
from hadir.office.months.permissions import SEE_EDITION, may_accept
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.forms import typed_reason
from hadir.office.page.lists import SentencePart, page_of
from hadir.office.page.requests import OfficeRequest, act_by, require
from hadir.office.tables.writing import SheetOut, download, table_file
from hadir.office.units.queries import units_in_sight

_PAGE = "edition"
_CHANGES = (PriceChange.MILDER, PriceChange.DEARER, PriceChange.EQUAL)


@require_GET
def edition(request: OfficeRequest) -> HttpResponse:
    """The newest edition: its days by person, and the acts of those who answer for the whole region."""
    return _page(request)


def _page(request: OfficeRequest, trouble: Trouble = None) -> HttpResponse:
    require(request, SEE_EDITION)
    row = newest_edition()
    asked = DifferenceFilter.read(request.GET.dict())
    context: dict[str, Any] = {"row": row, "zone": HERE.site.zone, "filter": asked, "typed": request.POST}
    if row is not None:
        rows = rows_of(row, units_in_sight(request.actor, SEE_EDITION))
        page = page_of(request, asked.of(rows), asked.parts)
        letters = current_letters()
        context |= {
            "page": page,
            "found": differences(judge_context(), list(page.object_list), letters, request.now_ms),
            "days": rows.count(),
            "people": rows.values("person").order_by().distinct().count(),
            "sentence": _sentence(request, row, asked),
            "closed": kept_closed(row).count(),
            "files": [(kind.upper(), reverse(f"edition-{kind}") + asked.query()) for kind in ("xlsx", "csv")],
            **_reasons(row),
            **_may(request, row),
        }
    return form_page(request, "months/edition.html", context, trouble)


def _sentence(request: OfficeRequest, row: Edition, asked: DifferenceFilter) -> list[SentencePart]:
    counts = counted(row)
    return [
        SentencePart(
            text=say(f"months.edition.part.{change.value}", request.lang, {"n": counts[change.value]}),
            query=asked.query(saring=None if asked.change == change.value else change.value),
            is_chosen=asked.change == change.value,
        )
        for change in _CHANGES
        if counts[change.value]
    ]


def _reasons(row: Edition) -> dict[str, str]:
    """Why each of the two acted: the words of the last proposal, and of its acceptance."""
    acts = OutboxRow.objects.filter(act__in=("edition.ask", "edition.accept"), at_ms__gte=row.began_at_ms)
    last = {one.act: reason_of(one) or "" for one in acts.order_by("seq")}
    return {
        "asked_why": last.get("edition.ask", "") if row.asked_by_id else "",
        "accepted_why": last.get("edition.accept", ""),
    }


def _may(request: OfficeRequest, row: Edition) -> dict[str, bool]:
    may = may_accept(request.actor)
    is_asked = row.state == EditionState.ASKED
    return {
        "may_propose": may and row.state == EditionState.WAITING,
        "may_accept": may and is_asked and row.asked_by_id != request.actor.person,
        "may_refuse": may and is_asked,
    }


@require_GET
def edition_file(request: OfficeRequest, kind: str) -> HttpResponse:
    """The list as the page shows it, whole."""
    require(request, SEE_EDITION)
    row = newest_edition()
    if row is None:
        raise Http404
    asked = DifferenceFilter.read(request.GET.dict())
    rows = asked.of(rows_of(row, units_in_sight(request.actor, SEE_EDITION)))
    told = list(table_rows(judge_context(), rows, current_letters(), request.lang, request.now_ms))
    sheet = SheetOut(title=row.ref, rows=told, widths=[32, 32, 14, 14, 10, 14, 10, 16, 60, 60])
    return download(table_file(kind, sheet), f"aturan-{row.number}", kind)


def _act_of(do: Callable[..., Edition]) -> Callable[[OfficeRequest, int], HttpResponse]:
    def act(request: OfficeRequest, number: int) -> HttpResponse:
        if not may_accept(request.actor):
            raise PermissionDenied
        get_object_or_404(Edition, number=number)
        carried = partial(do, number=number, by=act_by(request, typed_reason(request)))
        return carry_out(carried, partial(_page, request), reverse(_PAGE))

    return require_POST(act)


propose = confirms_again(_act_of(propose_edition))
accept = confirms_again(_act_of(accept_edition))
refuse = _act_of(keep_waiting)
