from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from hadir.office.acts.models import OutboxRow
from hadir.office.acts.permissions import SEE_AUDIT
from hadir.office.acts.proving import prove_act
from hadir.office.acts.queries import act_kinds, acts_below, described, named_in
from hadir.office.ground.installation import HERE
from hadir.office.page.lists import one_of, page_of, searched
from hadir.office.page.requests import OfficeRequest, require
from hadir.office.page.today import day_here


@require_GET
def audit(request: OfficeRequest) -> HttpResponse:
    """Who did what and why, newest first."""
    found = _in_sight(request)
    kinds = act_kinds()
    text, kind = searched(request.GET), one_of(request.GET, "tindakan", kinds)
    if text:
        found = named_in(found, text)
    # Thousands of log-ins a day have a page of their own.
    found = found.filter(act=kind) if kind else found.exclude(act__startswith="login.")
    page = page_of(request, found, {"cari": text, "tindakan": kind})
    context = {
        "acts": described(list(page.object_list), request.lang),
        "page": page,
        "zone": HERE.site.zone,
        "text": text,
        "kind": kind,
        "kinds": [(one, f"act.{one}") for one in kinds],
    }
    return render(request, "acts/audit.html", context)


@require_GET
def proof(request: OfficeRequest, seq: int) -> HttpResponse:
    """One act held against the journal itself."""
    row = get_object_or_404(_in_sight(request), seq=seq)
    context = {"act": described([row], request.lang)[0], "proven": prove_act(HERE.site, row), "zone": HERE.site.zone}
    return render(request, "acts/proof.html", context)


@require_GET
def proof_file(request: OfficeRequest, seq: int) -> HttpResponse:
    """The record and its proof, for `hadir verify receipt` or anybody else's program."""
    proven = prove_act(HERE.site, get_object_or_404(_in_sight(request), seq=seq))
    if not proven.file:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="bukti-{seq}.txt"'}
    return HttpResponse(proven.file, content_type="text/plain; charset=utf-8", headers=headers)


def _in_sight(request: OfficeRequest) -> QuerySet[OutboxRow]:
    return acts_below(require(request, SEE_AUDIT), day_here(request))
