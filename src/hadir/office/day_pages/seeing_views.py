"""The acts of a superior's word, and of taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hadir.office.day_pages.person import open_day
from hadir.office.days.permissions import CONFIRM_DAY, SEE_PERSON_DAY, UNCONFIRM_DAY
from hadir.office.days.seeing import (
    asked_together,
    confirm_days,
    seen_on,
    unconfirm_day,
)
from hadir.office.ground.act_error import ActError
from hadir.office.judging.judging import judge_context
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.forms import typed_reason
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import person_in_sight, thing_of
from hadir.office.roles import Rule, may


@require_http_methods(["GET", "POST"])
def confirm(request: OfficeRequest, person: int, day: date) -> HttpResponse:
    found = _whom(request, person, day, CONFIRM_DAY)
    others = [one for one in asked_together(request.actor, found, day, day_here(request)) if one != day]
    if request.method == "GET":
        return _ask(request, found, day, act="confirm", others=others)
    chosen = [one for one in others if one.isoformat() in request.POST.getlist("hari")]
    do = partial(confirm_days, person=found, days=[day, *chosen])
    trouble = _decide(request, do)
    return _ask(request, found, day, act="confirm", trouble=trouble, others=others) if trouble else _done(found, day)


@require_http_methods(["GET", "POST"])
def unconfirm(request: OfficeRequest, person: int, day: date) -> HttpResponse:
    found = _whom(request, person, day, UNCONFIRM_DAY)
    if request.method == "GET":
        return _ask(request, found, day, act="unconfirm")
    trouble = _decide(request, partial(unconfirm_day, person=found, day=day))
    if trouble:
        return _ask(request, found, day, act="unconfirm", trouble=trouble)
    return _done(found, day, act="unconfirm")


def _whom(request: OfficeRequest, person: int, day: date, rule: Rule) -> Person:
    found = person_in_sight(request.actor, SEE_PERSON_DAY, person, day)
    if not may(request.actor, rule, thing_of(found, day)):
        raise PermissionDenied
    return found


def _decide(request: OfficeRequest, do: Callable[..., object]) -> ActError | None:
    try:
        do(by=act_by(request, typed_reason(request)))
    except ActError as error:
        return error
    return None


def _done(person: Person, day: date, act: str = "confirm") -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('person-day', args=[person.number, day])}?selesai={act}")


def _ask(  # noqa: PLR0913 - whose day, which act, what is wrong, and what else it may be about
    request: OfficeRequest,
    person: Person,
    day: date,
    *,
    act: str,
    trouble: Trouble = None,
    others: Sequence[date] = (),
) -> HttpResponse:
    opened = open_day(judge_context(), person, day, request.now_ms)
    seen = seen_on(request.actor, person, day, opened.body)
    can = seen is not None and (seen.may_confirm if act == "confirm" else seen.may_take_back)
    if not can and not trouble:
        is_there = seen is not None and seen.row is not None
        missing = "sighting.trouble.not_asked" if act == "confirm" else "sighting.trouble.not_there"
        trouble = ActError("sighting.trouble.already" if act == "confirm" and is_there else missing)
    context = {
        "opened": opened,
        "seen": seen,
        "can": can,
        "title_code": f"sighting.title.{act}",
        "text_code": f"sighting.text.{act}",
        "button_code": f"sighting.button.{act}",
        "others": [(one, request.method == "GET" or one.isoformat() in request.POST.getlist("hari")) for one in others],
        "reason": request.POST.get("reason", ""),
    }
    return form_page(request, "days/seeing.html", context, trouble)
