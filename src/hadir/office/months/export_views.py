from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from hadir.office.installation import HERE
from hadir.office.months.paper import Paper, file_name, paper_of
from hadir.office.months.pdf import PAPERS, pdf
from hadir.office.months.views import Look, look_at
from hadir.office.months.xlsx import workbook

if TYPE_CHECKING:
    from datetime import date

    from hadir.office.page.requests import OfficeRequest

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def xlsx(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The recap as it is filtered, as a workbook."""
    seen = _exported(request, unit, first)
    return _file(workbook(_paper(request, seen), _size(request)), _XLSX, file_name(seen.month, "xlsx"))


@require_GET
def paper(request: OfficeRequest, unit: int, first: date) -> HttpResponse:
    """The recap as it is filtered, on A4 or F4."""
    seen = _exported(request, unit, first)
    return _file(pdf(_paper(request, seen), _size(request)), "application/pdf", file_name(seen.month, "pdf"))


def _size(request: OfficeRequest) -> str:
    size = request.GET.get("kertas", "a4")
    return size if size in PAPERS else "a4"


def _exported(request: OfficeRequest, unit: int, first: date) -> Look:
    seen = look_at(request, unit, first)
    if not seen.is_whole:
        raise PermissionDenied
    return seen


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
