from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.ground.installation import HERE
from hadir.office.page.requests import OfficeRequest
from hadir.office.status.heartbeat import heartbeat


@login_not_required
@require_GET
def status(request: OfficeRequest) -> HttpResponse:
    """Up or down, since when, and what to do: for everybody, without a log-in."""
    context = {"beat": heartbeat(HERE.site, request.now_ms), "zone": HERE.site.zone, "now_ms": request.now_ms}
    return render(request, "status/status.html", context)
