from collections.abc import Callable
from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from hadir.office.accounts.confirming import confirms_again
from hadir.office.acts.queries import reason_of
from hadir.office.erasing.actions import (
    agree_to_erasure,
    ask_erasure,
    may_erase,
    refuse_erasure,
)
from hadir.office.erasing.forms import ErasureForm
from hadir.office.erasing.models import Erasure, ErasureState
from hadir.office.erasing.permissions import SEE_ERASURES
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, carry_out, form_page
from hadir.office.page.forms import error_codes, typed_reason
from hadir.office.page.requests import OfficeRequest, act_by, require
from hadir.office.projection.models import ServerFact
from hadir.records.kinds import Kind

LISTED_MAX = 50


@require_http_methods(["GET", "POST"])
@confirms_again
def erasures(request: OfficeRequest) -> HttpResponse:
    """What was asked, agreed and erased; and asking for more."""
    require(request, SEE_ERASURES)
    if request.method != "POST":
        return _page(request)
    if not may_erase(request.actor):
        raise PermissionDenied
    form = ErasureForm(request.POST)
    if not form.is_valid():
        return _page(request, error_codes(form))
    by = act_by(request, form.cleaned_data["reason"])
    act = partial(ask_erasure, before=form.cleaned_data["before"], by=by)
    return carry_out(act, partial(_page, request), reverse("erasures"))


@require_POST
@confirms_again
def agree(request: OfficeRequest, number: int) -> HttpResponse:
    return _decide(request, number, agree_to_erasure)


@require_POST
def refuse(request: OfficeRequest, number: int) -> HttpResponse:
    return _decide(request, number, refuse_erasure)


def _decide(request: OfficeRequest, number: int, do: Callable[..., Erasure]) -> HttpResponse:
    if not may_erase(request.actor):
        raise PermissionDenied
    get_object_or_404(Erasure, number=number)
    act = partial(do, number=number, by=act_by(request, typed_reason(request)))
    return carry_out(act, partial(_page, request, at=number), reverse("erasures"))


def _page(request: OfficeRequest, trouble: Trouble = None, at: int | None = None) -> HttpResponse:
    may_decide, done = may_erase(request.actor), erased_by_gates()
    rows = Erasure.objects.select_related("asked_by", "decided_by", "record")[:LISTED_MAX]
    context = {
        "shown": [
            {
                "row": row,
                "reason": (reason_of(row.record) or "") if row.record else "",
                "may_agree": may_decide and row.state == ErasureState.ASKED and row.asked_by_id != request.actor.person,
                "may_refuse": may_decide and row.state == ErasureState.ASKED,
                # How many details the gates erased; None while none has said that it is done.
                "erased": done.get(row.number),
            }
            for row in rows
        ],
        "may_ask": may_decide,
        "at": at,
        "typed": request.POST,
        "zone": HERE.site.zone,
    }
    return form_page(request, "erasing/erasures.html", context, trouble)


def erased_by_gates() -> dict[int, int]:
    """Number of an erasure -> how many details the gates that are done with it erased."""
    found: dict[int, int] = {}
    for body in ServerFact.objects.filter(kind=Kind.ERASURE_DONE).values_list("body", flat=True):
        found[body["number"]] = found.get(body["number"], 0) + body["erased"]
    return found
