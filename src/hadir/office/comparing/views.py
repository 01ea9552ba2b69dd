from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.comparing.models import Comparison
from hadir.office.comparing.permissions import SEE_COMPARISON
from hadir.office.follower.proving import metric_lines
from hadir.office.ground.installation import HERE
from hadir.office.months.editions import days_that_wait
from hadir.office.page.requests import OfficeRequest, require

SHOWN_MAX = 12


@require_GET
def comparison(request: OfficeRequest) -> HttpResponse:
    """Whether the office's tables say what its journal says, and since when that is known."""
    require(request, SEE_COMPARISON)
    rows = list(Comparison.objects.all()[:SHOWN_MAX])
    newest = rows[0] if rows else None
    kinds = [
        {"table": f"compare.table.{table}", "what": f"compare.what.{what}", "count": count}
        for table, what, count in (newest.kinds if newest else ())
    ]
    context = {"newest": newest, "kinds": kinds, "rows": rows, "zone": HERE.site.zone}
    return render(request, "comparing/comparison.html", context)


@login_not_required
@require_GET
def metrics(request: OfficeRequest) -> HttpResponse:
    """On the office's own port only: what came through a proxy is told nothing."""
    if "X-Forwarded-For" in request.headers:
        raise Http404
    lines = [*metric_lines(), *_compared(), *_waiting()]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _waiting() -> tuple[str, ...]:
    name = "hadir_office_edition_waiting_days"
    return f"# TYPE {name} gauge", f"{name} {days_that_wait()}"


def _compared() -> tuple[str, ...]:
    row = Comparison.objects.first()
    if row is None:
        return ()
    return (
        "# TYPE hadir_office_compared_seconds gauge",
        f"hadir_office_compared_seconds {row.at_ms // 1000}",
        "# TYPE hadir_office_compared_acts gauge",
        f"hadir_office_compared_acts {row.acts}",
        "# TYPE hadir_office_differences gauge",
        f"hadir_office_differences {row.count}",
    )
