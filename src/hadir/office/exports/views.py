from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from hadir.office.exports.actions import Wanted, ask_export, place_of
from hadir.office.exports.models import Export, Kind, State
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.month_pages.forms import Filter
from hadir.office.month_pages.xlsx import PAPERS
from hadir.office.months.permissions import EXPORT_MONTH, SEE_MONTH, covers
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.requests import OfficeRequest, act_by, wants_part
from hadir.office.tables.writing import FILE_TYPES
from hadir.office.units.queries import unit_in_sight

KINDS = {
    Kind.XLSX: FILE_TYPES["xlsx"],
    Kind.PDF: "application/pdf",
}
SHOWN_MAX = 50
SILENT_MS = 60_000
"""After so long without a beginning the page says that the program is not running."""


@require_POST
def ask(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """Put the file in the queue, and lead to where it will be."""
    found = unit_in_sight(request.actor, SEE_MONTH, unit)
    if not covers(request.actor, EXPORT_MONTH, found.path) or request.actor.person is None:
        raise PermissionDenied
    given, size = Filter.read(request.POST.dict()), request.POST.get("kertas", "a4")
    wanted = Wanted(
        unit_id=found.number,
        first=first,
        kind=Kind.PDF if request.POST.get("berkas") == Kind.PDF else Kind.XLSX,
        size=size if size in PAPERS else "a4",
        which=given.which.value if given.which else "",
        search=given.search,
        lang=request.lang,
    )
    try:
        row = ask_export(wanted, by=act_by(request))
    except ActError as error:
        return _list(request, error)
    return HttpResponseRedirect(reverse("export", args=[row.number]))


@require_GET
def exports(request: OfficeRequest) -> HttpResponse:
    """The files that this person asked for, newest first."""
    return _list(request)


def _list(request: OfficeRequest, trouble: Trouble = None) -> HttpResponse:
    rows = Export.objects.filter(by=request.actor.person).select_related("unit").order_by("-number")[:SHOWN_MAX]
    context = {"rows": rows, "zone": HERE.site.zone}
    return form_page(request, "exports/exports.html", context, trouble)


@require_GET
def export(request: OfficeRequest, number: int) -> HttpResponse:
    """How far the file is, and the file. Only for the one who asked."""
    context = _context(request, _own(request, number))
    return render(request, "exports/_export.html" if wants_part(request) else "exports/export.html", context)


def _context(request: OfficeRequest, row: Export) -> dict[str, Any]:
    waits_ms = request.now_ms - row.asked_at_ms
    place = place_of(row) if row.state == State.WAITING else 0
    return {
        "row": row,
        "place": place,
        "is_silent": row.state == State.WAITING and not place and waits_ms > SILENT_MS,
        "kilobytes": max(1, row.bytes // 1024),
        "is_gone": row.state == State.GONE or (row.state == State.DONE and request.now_ms >= row.gone_at_ms),
        "zone": row.unit.zone,
    }


@require_GET
def export_file(request: OfficeRequest, number: int) -> HttpResponse | FileResponse:
    """The file, for the one who asked, while that person still may export the unit; 410 after a day."""
    row = _own(request, number)
    if not covers(request.actor, EXPORT_MONTH, row.unit.path):
        raise PermissionDenied
    context = _context(request, row)
    if context["is_gone"] or row.state in {State.WAITING, State.RUNNING, State.FAILED}:
        return render(request, "exports/export.html", context, status=410 if context["is_gone"] else 404)
    try:
        file = (HERE.site.exports_folder / row.file_name).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"rekap-{row.unit_id}-{row.first:%Y-%m}.{row.kind}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=KINDS[Kind(row.kind)])


def _own(request: OfficeRequest, number: int) -> Export:
    """Other people's files are not there."""
    if request.actor.person is None:
        raise Http404
    return get_object_or_404(Export.objects.select_related("unit"), number=number, by=request.actor.person)
