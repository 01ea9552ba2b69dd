from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.ground.installation import HERE
from hadir.office.month_pages.forms import Filter
from hadir.office.month_pages.paper import Paper, file_name, paper_of
from hadir.office.month_pages.pdf import pdf
from hadir.office.month_pages.recap import members_of
from hadir.office.month_pages.views import Look, look_at
from hadir.office.month_pages.xlsx import PAPERS, workbook
from hadir.office.months.permissions import EXPORT_MONTH, SEE_MONTH, covers
from hadir.office.page.requests import OfficeRequest
from hadir.office.tables.writing import FILE_TYPES
from hadir.office.units.models import Unit
from hadir.office.units.queries import unit_in_sight, units_below

PEOPLE_AT_ONCE_MAX = 60
"""So many people's month is made while one waits: below half a second of work. More is made beside the pages."""


def is_large(unit: Unit, first: date) -> bool:
    """Whether the unit's recap has too many people to be made at once. Two queries."""
    units = [one.number for one in units_below([unit.path])]
    return len(members_of(units, first)) > PEOPLE_AT_ONCE_MAX


@require_GET
def xlsx(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The recap as it is filtered, as a workbook."""
    found = _exported(request, unit)
    if is_large(found, first):
        return _ask(request, found, first, "xlsx")
    seen = look_at(request, unit, first)
    return _file(workbook(_paper(request, seen), _size(request)), FILE_TYPES["xlsx"], file_name(seen.month, "xlsx"))


@require_GET
def paper(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The recap as it is filtered, on A4 or F4."""
    found = _exported(request, unit)
    if is_large(found, first):
        return _ask(request, found, first, "pdf")
    seen = look_at(request, unit, first)
    return _file(pdf(_paper(request, seen), _size(request)), "application/pdf", file_name(seen.month, "pdf"))


def _size(request: OfficeRequest) -> str:
    size = request.GET.get("kertas", "a4")
    return size if size in PAPERS else "a4"


def _exported(request: OfficeRequest, unit: int) -> Unit:
    found = unit_in_sight(request.actor, SEE_MONTH, unit)
    if not covers(request.actor, EXPORT_MONTH, found.path):
        raise PermissionDenied
    return found


def _ask(request: OfficeRequest, unit: Unit, first: date, kind: str) -> HttpResponse:
    """A large file is asked for by a button: an address that somebody opens twice must not make it twice."""
    given = Filter.read(request.GET.dict())
    context = {
        "unit": unit,
        "first": first,
        "month_code": f"month.{first.month}",
        "kind": kind,
        "kind_code": f"exports.kind.{kind}",
        "size": _size(request),
        "filter": given,
    }
    return render(request, "exports/ask.html", context)


def _paper(request: OfficeRequest, seen: Look) -> Paper:
    return paper_of(
        seen.month,
        seen.rows,
        letters=seen.letters,
        policies=HERE.settings.policies,
        lang=request.lang,
        now_ms=request.now_ms,
    )


def _file(body: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
