from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from hadir.office.exports.models import OPEN, Export, ExportState, FileKind
from hadir.office.exports.worker import MAKERS
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.month_pages.columns import MonthFilter
from hadir.office.month_pages.paper import paper_of
from hadir.office.month_pages.recap import members_of
from hadir.office.month_pages.views import look_at
from hadir.office.month_pages.xlsx import PAPERS
from hadir.office.months.permissions import EXPORT_MONTH, SEE_MONTH
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.requests import OfficeRequest, act_by, wants_part
from hadir.office.roles import ActBy
from hadir.office.tables.writing import FILE_TYPES, download
from hadir.office.units.queries import covers, unit_to, units_below

OPEN_OF_PERSON_MAX = 3
WAITING_MAX = 100
"""Of the whole site."""
PEOPLE_AT_ONCE_MAX = 60
"""So many people's month is made while one waits: below half a second of work. More is made beside the pages."""
SHOWN_MAX = 50
SILENT_MS = 60_000
"""After so long without a beginning the page says that the program is not running."""


@require_GET
def recap_file(request: OfficeRequest, unit: int, first: date, kind: str) -> HttpResponse:
    """The recap as it is filtered, as a workbook or on paper.

    A large one is asked for by a button: an address that somebody opens twice must not make it twice.
    """
    found = unit_to(request.actor, unit, see=SEE_MONTH, do=EXPORT_MONTH)
    units = [one.number for one in units_below([found.path])]
    if len(members_of(units, first)) > PEOPLE_AT_ONCE_MAX:
        context = {
            "unit": found,
            "first": first,
            "month_code": f"month.{first.month}",
            "kind": kind,
            "kind_code": f"exports.kind.{kind}",
            "size": _size(request.GET),
            "filter": MonthFilter.read(request.GET.dict()),
        }
        return render(request, "exports/ask.html", context)
    seen = look_at(request, unit, first)
    paper = paper_of(
        seen.month,
        seen.rows,
        letters=seen.letters,
        policies=HERE.settings.policies,
        lang=request.lang,
        now_ms=request.now_ms,
    )
    return download(MAKERS[kind](paper, _size(request.GET)), f"rekap-{unit}-{first:%Y-%m}", kind)


def _size(given: QueryDict) -> str:
    size = given.get("kertas", "a4")
    return size if size in PAPERS else "a4"


@require_POST
def ask(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """Put the file in the queue, and lead to where it will be."""
    found = unit_to(request.actor, unit, see=SEE_MONTH, do=EXPORT_MONTH)
    given = MonthFilter.read(request.POST.dict())
    wanted = {
        "unit": found,
        "first": first,
        "kind": FileKind.PDF if request.POST.get("berkas") == FileKind.PDF else FileKind.XLSX,
        "size": _size(request.POST),
        "which": given.which.value if given.which else "",
        "search": given.search,
        "lang": request.lang,
    }
    try:
        row = _queued(wanted, by=act_by(request))
    except ActError as error:
        return _list(request, error)
    return HttpResponseRedirect(reverse("export", args=[row.number]))


@transaction.atomic
def _queued(wanted: Mapping[str, Any], *, by: ActBy) -> Export:
    """The row to wait for. Who asks twice for the same gets the one that is on its way.

    Nothing is worked out here: the row waits for the program that makes them (`worker.py`).
    """
    waiting = Export.objects.filter(state__in=OPEN)
    own = waiting.filter(by=by.number)
    if (same := own.filter(**wanted).first()) is not None:
        return same
    if own.count() >= OPEN_OF_PERSON_MAX:
        raise ActError("exports.trouble.own")
    if waiting.count() >= WAITING_MAX:
        raise ActError("exports.trouble.site")
    return Export.objects.create(by_id=by.number, asked_at_ms=by.at_ms, **wanted)


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
    is_waiting = row.state == ExportState.WAITING
    place = Export.objects.filter(state__in=OPEN, number__lt=row.number).count() if is_waiting else 0
    return {
        "row": row,
        "place": place,
        "is_silent": is_waiting and not place and waits_ms > SILENT_MS,
        "kilobytes": max(1, row.bytes // 1024),
        "is_gone": row.state == ExportState.GONE
        or (row.state == ExportState.DONE and request.now_ms >= row.gone_at_ms),
        "zone": row.unit.zone,
    }


@require_GET
def export_file(request: OfficeRequest, number: int) -> HttpResponse | FileResponse:
    """The file, for the one who asked, while that person still may export the unit; 410 after a day."""
    row = _own(request, number)
    if not covers(request.actor, EXPORT_MONTH, row.unit):
        raise PermissionDenied
    context = _context(request, row)
    if context["is_gone"] or row.state in {ExportState.WAITING, ExportState.RUNNING, ExportState.FAILED}:
        return render(request, "exports/export.html", context, status=410 if context["is_gone"] else 404)
    try:
        file = (HERE.site.exports_folder / row.file_name).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"rekap-{row.unit_id}-{row.first:%Y-%m}.{row.kind}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=FILE_TYPES[row.kind])


def _own(request: OfficeRequest, number: int) -> Export:
    """Other people's files are not there."""
    return get_object_or_404(Export.objects.select_related("unit"), number=number, by=request.actor.number)
