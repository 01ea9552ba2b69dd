from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from hadir.office.accounts.confirming import confirms_again
from hadir.office.erasing.actions import (
    agree_to_erasure,
    ask_erasure,
    may_erase,
    refuse_erasure,
)
from hadir.office.erasing.forms import ErasureForm
from hadir.office.erasing.models import Erasure
from hadir.office.erasing.permissions import SEE_ERASURES
from hadir.office.erasing.queries import shown_erasures
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.forms import error_codes, typed_reason
from hadir.office.page.requests import OfficeRequest, act_by


@require_http_methods(["GET", "POST"])
@confirms_again
def erasures(request: OfficeRequest) -> HttpResponse:
    """What was asked, agreed and erased; and asking for more."""
    if not request.actor.paths(SEE_ERASURES.roles):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request)
    if not may_erase(request.actor):
        raise PermissionDenied
    form = ErasureForm(request.POST)
    if not form.is_valid():
        return _page(request, error_codes(form))
    try:
        ask_erasure(before=form.cleaned_data["before"], by=act_by(request, form.cleaned_data["reason"]))
    except ActError as error:
        return _page(request, error)
    return HttpResponseRedirect(reverse("erasures"))


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
    reason = typed_reason(request)
    try:
        do(number=number, by=act_by(request, reason))
    except Erasure.DoesNotExist as error:
        raise Http404 from error
    except ActError as error:
        return _page(request, error, at=number)
    return HttpResponseRedirect(reverse("erasures"))


def _page(request: OfficeRequest, trouble: Trouble = None, at: int | None = None) -> HttpResponse:
    may_decide = may_erase(request.actor)
    context = {
        "shown": shown_erasures(request.actor, may_decide=may_decide),
        "may_ask": may_decide,
        "at": at,
        "typed": request.POST,
        "zone": HERE.site.zone,
    }
    return form_page(request, "erasing/erasures.html", context, trouble)
