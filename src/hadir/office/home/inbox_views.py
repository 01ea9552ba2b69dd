"""What waits for this person: the inbox."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.ground.installation import HERE
from hadir.office.home.waiting import waiting_of
from hadir.office.page.registry import REGISTRY
from hadir.office.page.requests import OfficeRequest
from hadir.office.roles import EVERY_ROLE


@require_GET
def tasks(request: OfficeRequest) -> HttpResponse:
    """Every list that has something for this person; what needs an act below what is only told."""
    if not request.actor.paths(EVERY_ROLE):
        raise PermissionDenied
    waiting = waiting_of(request)
    shown = [one for one in REGISTRY.inbox if waiting.found(one)]
    context: dict[str, object] = {"zone": HERE.site.zone, "has_acts": any(one.rows is not None for one in shown)}
    context["lists"] = [{"template": one.template, "found": waiting.found(one)} for one in shown]
    for one in shown:
        context |= waiting.found(one)
    return render(request, "home/tasks.html", context)
