"""Absences of a unit or of one list, looked through and decided at once."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hadir.office.excuses.kinds import ExcuseAct
from hadir.office.excuses.many import absences_for, decide_many, lists_among, offer
from hadir.office.excuses.permissions import APPROVE_EXCUSE, ATTEST_EXCUSE, SEE_EXCUSES
from hadir.office.ground.act_error import ActError
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.forms import typed_reason
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.units.models import Unit
from hadir.office.units.queries import unit_in_sight

RULES = {ExcuseAct.ATTEST: ATTEST_EXCUSE, ExcuseAct.APPROVE: APPROVE_EXCUSE, ExcuseAct.WITHDRAW: APPROVE_EXCUSE}
ROUTES = {
    ExcuseAct.ATTEST: "excuses-attest",
    ExcuseAct.APPROVE: "excuses-approve",
    ExcuseAct.WITHDRAW: "excuses-withdraw",
}
_DIGITS_MAX = 10


def acts_on_many(request: OfficeRequest, unit: Unit) -> list[tuple[str, str, int]]:
    """(route, code, how many) of what this person may decide at once in the unit, where there is any."""
    found = [
        (ROUTES[act], f"excuse_many.title.{act.value}", absences_for(request.actor, unit, act).count())
        for act in (ExcuseAct.ATTEST, ExcuseAct.APPROVE)
        if _may(request, unit, act)
    ]
    return [one for one in found if one[2]]


def _may(request: OfficeRequest, unit: Unit, act: ExcuseAct) -> bool:
    return any(unit.path.startswith(path) for path in request.actor.paths(RULES[act].roles))


def _page_of(act: ExcuseAct) -> Callable[[OfficeRequest, int], HttpResponse]:
    @require_http_methods(["GET", "POST"])
    def page(request: OfficeRequest, unit: int) -> HttpResponse:
        found = unit_in_sight(request.actor, SEE_EXCUSES, unit)
        if not _may(request, found, act):
            raise PermissionDenied
        return _decide(request, found, act) if request.method == "POST" else _ask(request, found, act)

    return page


attest_many = _page_of(ExcuseAct.ATTEST)
approve_many = _page_of(ExcuseAct.APPROVE)
withdraw_many = _page_of(ExcuseAct.WITHDRAW)


def _decide(request: OfficeRequest, unit: Unit, act: ExcuseAct) -> HttpResponse:
    ticked = [int(one) for one in request.POST.getlist("number") if one.isdecimal() and len(one) < _DIGITS_MAX]
    offered = {row.number for row in offer(request.actor, unit, act, _upload(request)).rows}
    reason = typed_reason(request)
    if not ticked:
        return _ask(request, unit, act, ActError("excuse_many.trouble.none", field="number"))
    if not reason and act is not ExcuseAct.ATTEST:
        return _ask(request, unit, act, ActError("excuse.trouble.reason_needed", field="reason"))
    numbers = [number for number in dict.fromkeys(ticked) if number in offered]
    try:
        done = decide_many(act=act, numbers=numbers, by=act_by(request, reason))
    except ActError as error:
        return _ask(request, unit, act, error)
    left = len(ticked) - done
    return HttpResponseRedirect(f"{reverse('excuses', args=[unit.number])}?selesai={act.value}-{done}-{left}")


def _ask(request: OfficeRequest, unit: Unit, act: ExcuseAct, trouble: Trouble = None) -> HttpResponse:
    upload = _upload(request)
    offered = offer(request.actor, unit, act, upload)
    ticked = set(request.POST.getlist("number"))
    waiting = absences_for(request.actor, unit, act)
    context = {
        "unit": unit,
        "zone": unit.zone,
        "offered": offered,
        "ticked": ticked if trouble else {str(row.number) for row in offered.rows if act is not ExcuseAct.WITHDRAW},
        "upload": upload,
        "lists": lists_among(waiting),
        "all_count": waiting.count(),
        "act": act.value,
        "title_code": f"excuse_many.title.{act.value}",
        "text_code": f"excuse_many.text.{act.value}",
        "button_code": f"excuse_many.button.{act.value}",
        "is_reason_required": act is not ExcuseAct.ATTEST,
        "reason": request.POST.get("reason", ""),
    }
    return form_page(request, "excuses/many.html", context, trouble)


def _upload(request: OfficeRequest) -> int | None:
    asked = request.GET.get("daftar", "")
    return int(asked) if asked.isdecimal() and len(asked) < _DIGITS_MAX else None


def done_many(told: str) -> dict[str, object] | None:
    """What `?selesai=attest-12-1` says: the sentence's code and its numbers; None where it says nothing."""
    act, _, numbers = told.partition("-")
    done, _, left = numbers.partition("-")
    if act not in {one.value for one in RULES} or not (done.isdecimal() and left.isdecimal()):
        return None
    return {"code": f"excuse_many.done.{act}", "done": int(done[:6]), "left": int(left[:6])}
