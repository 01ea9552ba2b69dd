from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.acts.permissions import SEE_AUDIT
from hadir.office.acts.queries import PAGE_ROWS, acts_below, described
from hadir.office.installation import HERE
from hadir.office.page.moments import day_here

if TYPE_CHECKING:
    from django.http import HttpResponse

    from hadir.office.page.requests import OfficeRequest


@require_GET
def audit(request: OfficeRequest) -> HttpResponse:
    paths = request.actor.paths(SEE_AUDIT.roles)
    if not paths:
        raise PermissionDenied
    found = acts_below(paths, day_here(request))
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("halaman"))
    context = {"acts": described(list(page.object_list)), "page": page, "zone": HERE.site.zone}
    return render(request, "acts/audit.html", context)
