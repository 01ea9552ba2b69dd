"""What waits for this person: the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.accounts.resets import resets_to_answer
from hadir.office.day_pages.revoked import days_of_revoked_phones
from hadir.office.devices.permissions import DECIDE_DEVICE
from hadir.office.devices.queries import crowded_slips, waiting_for_decision
from hadir.office.excuse_pages.views import ROUTES
from hadir.office.excuses.queries import (
    waited_act,
)
from hadir.office.ground.installation import HERE
from hadir.office.home.waiting import waiting_of
from hadir.office.page.today import day_here
from hadir.office.people.queries import people_in_sight
from hadir.office.readiness.checklist import checklist
from hadir.office.roles import EVERY_ROLE

if TYPE_CHECKING:
    from hadir.office.page.requests import OfficeRequest


@require_GET
def tasks(request: OfficeRequest) -> HttpResponse:
    """What waits for this person's act."""
    if not request.actor.paths(EVERY_ROLE):
        raise PermissionDenied
    waits = waiting_of(request)
    waiting = [(row, waited_act(request.actor, row)) for row in waits.excuses]
    rows = [(row, ROUTES[act], act.value) for row, act in waiting if act]
    context = {
        "rows": rows,
        "laws": waits.laws,
        "wishes": waits.wishes,
        "reopenings": waits.reopenings,
        "unseen": waits.unseen,
        "soft": waits.soft,
        "resets": resets_to_answer(request.actor, day_here(request)),
        "revoked": days_of_revoked_phones(request.actor, day_here(request)),
        "checklist": checklist(request.actor, day_here(request)),
        "pending_keys": waiting_for_decision(request.actor.paths(DECIDE_DEVICE.roles), day_here(request)),
        "crowded": crowded_slips(people_in_sight(request.actor, DECIDE_DEVICE, day_here(request))),
        "zone": HERE.site.zone,
    }
    return render(request, "excuses/tasks.html", context)
