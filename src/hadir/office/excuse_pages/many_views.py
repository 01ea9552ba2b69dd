"""Many excuses at once: absences of a unit or of one list decided together, and a file that brings a list of them."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.excuses.actions import enter_and_attest
from hadir.office.excuses.kinds import ExcuseAct, absence_kinds
from hadir.office.excuses.listed import COLUMNS, ListedExcuses, read_excuses, template_rows
from hadir.office.excuses.many import absences_for, decide_many, lists_among, offer
from hadir.office.excuses.models import ExcuseUpload
from hadir.office.excuses.permissions import APPROVE_EXCUSE, ATTEST_EXCUSE, ENTER_EXCUSE, SEE_EXCUSES
from hadir.office.ground.act_error import ActError
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.asked import number_asked
from hadir.office.page.forms import typed_reason
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.queries import people_below
from hadir.office.tables.forms import ConfirmForm, ListForm
from hadir.office.tables.table import TableRefusedError
from hadir.office.tables.writing import SheetOut, download, table_file
from hadir.office.units.models import Unit
from hadir.office.units.queries import covers, unit_to
from hadir.records.encoding import b64url, sha256

RULES = {ExcuseAct.ATTEST: ATTEST_EXCUSE, ExcuseAct.APPROVE: APPROVE_EXCUSE, ExcuseAct.WITHDRAW: APPROVE_EXCUSE}
ROUTES = {
    ExcuseAct.ATTEST: "excuses-attest",
    ExcuseAct.APPROVE: "excuses-approve",
    ExcuseAct.WITHDRAW: "excuses-withdraw",
}


def acts_on_many(request: OfficeRequest, unit: Unit) -> list[tuple[str, str, int]]:
    """(route, code, how many) of what this person may decide at once in the unit, where there is any."""
    found = [
        (ROUTES[act], f"excuse_many.title.{act.value}", absences_for(request.actor, unit, act).count())
        for act in (ExcuseAct.ATTEST, ExcuseAct.APPROVE)
        if covers(request.actor, RULES[act], unit)
    ]
    return [one for one in found if one[2]]


@require_http_methods(["GET", "POST"])
def decide_on_many(request: OfficeRequest, unit: int, code: str) -> HttpResponse:
    act = ExcuseAct(code)
    found = unit_to(request.actor, unit, see=SEE_EXCUSES, do=RULES[act])
    return _decide(request, found, act) if request.method == "POST" else _ask(request, found, act)


def _decide(request: OfficeRequest, unit: Unit, act: ExcuseAct) -> HttpResponse:
    ticked = [number for one in request.POST.getlist("number") if (number := number_asked(one)) is not None]
    offered = {row.number for row in offer(request.actor, unit, act, number_asked(request.GET.get("daftar", ""))).rows}
    reason = typed_reason(request)
    if not ticked:
        return _ask(request, unit, act, ActError("excuse_many.trouble.none", field="number"))
    if not reason and act is not ExcuseAct.ATTEST:
        return _ask(request, unit, act, ActError("excuse.trouble.reason_needed", field="reason"))
    numbers = [number for number in dict.fromkeys(ticked) if number in offered]
    try:
        done = decide_many(act=act, numbers=numbers, by=act_by(request, reason))
    except ActError as error:
        return _ask(request, unit, act, error)
    left = len(ticked) - done
    return HttpResponseRedirect(f"{reverse('excuses', args=[unit.number])}?selesai={act.value}-{done}-{left}")


def _ask(request: OfficeRequest, unit: Unit, act: ExcuseAct, trouble: Trouble = None) -> HttpResponse:
    upload = number_asked(request.GET.get("daftar", ""))
    offered = offer(request.actor, unit, act, upload)
    ticked = set(request.POST.getlist("number"))
    waiting = absences_for(request.actor, unit, act)
    context = {
        "unit": unit,
        "zone": unit.zone,
        "offered": offered,
        "ticked": ticked if trouble else {str(row.number) for row in offered.rows if act is not ExcuseAct.WITHDRAW},
        "upload": upload,
        "lists": lists_among(waiting),
        "all_count": waiting.count(),
        "act": act.value,
        "title_code": f"excuse_many.title.{act.value}",
        "text_code": f"excuse_many.text.{act.value}",
        "button_code": f"excuse_many.button.{act.value}",
        "is_reason_required": act is not ExcuseAct.ATTEST,
        "reason": request.POST.get("reason", ""),
    }
    return form_page(request, "excuses/many.html", context, trouble)


def done_many(told: str) -> dict[str, object] | None:
    """What `?selesai=attest-12-1` says: the sentence's code and its numbers; None where it says nothing."""
    act, _, numbers = told.partition("-")
    done, _, left = numbers.partition("-")
    if act not in {one.value for one in RULES} or not (done.isdecimal() and left.isdecimal()):
        return None
    return {"code": f"excuse_many.done.{act}", "done": int(done[:6]), "left": int(left[:6])}


ROWS_SHOWN_MAX = 200
UPLOADS_SHOWN_MAX = 10
_COLUMN_WIDTH = 22


@require_http_methods(["GET", "POST"])
def bring_excuses(request: OfficeRequest, unit: int) -> HttpResponse:
    """Upload a list of excuses of a unit. It is looked at before it is kept, and nothing is entered yet."""
    found = unit_to(request.actor, unit, see=SEE_EXCUSES, do=ENTER_EXCUSE)
    if request.method == "GET":
        return _ask_file(request, found)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _ask_file(request, found, {"berkas": "register.form.berkas"})
    uploaded = form.cleaned_data["berkas"]
    data = uploaded.read()
    try:
        _listed(request, found, data)
    except TableRefusedError as error:
        return _ask_file(request, found, {"berkas": f"excuse_list.file.{error.fault}"}, refused=error)
    with transaction.atomic():
        ExcuseUpload.objects.filter(by_id=request.actor.number, done_at_ms=None).delete()
        kept = ExcuseUpload.objects.create(
            sha256=b64url(sha256(data)),
            name=uploaded.name[:200],
            unit=found,
            data=data,
            by_id=request.actor.number,
            at_ms=request.now_ms,
        )
    return HttpResponseRedirect(reverse("excuses-confirm", args=[kept.pk]))


def _ask_file(
    request: OfficeRequest, unit: Unit, trouble: Trouble = None, *, refused: TableRefusedError | None = None
) -> HttpResponse:
    done = request.GET.get("selesai", "")[:6]
    context = {
        "unit": unit,
        "refused": refused,
        "done": int(done) if done.isdecimal() else None,
        "uploads": ExcuseUpload.objects.filter(by_id=request.actor.number, unit=unit).defer("data")[:UPLOADS_SHOWN_MAX],
        "kinds": absence_kinds(),
        "zone": unit.zone,
    }
    return form_page(request, "excuses/bring_list.html", context, trouble)


@require_http_methods(["GET", "POST"])
def confirm_excuses(request: OfficeRequest, number: int) -> HttpResponse:
    """What the list would enter, every fault, and the button that enters it."""
    upload = get_object_or_404(ExcuseUpload.objects.select_related("unit"), pk=number, by_id=request.actor.number)
    unit = unit_to(request.actor, upload.unit_id, see=SEE_EXCUSES, do=ENTER_EXCUSE)
    if upload.done_at_ms is not None:
        return HttpResponseRedirect(reverse("excuses-import", args=[unit.number]))
    listed = _listed(request, unit, bytes(upload.data))
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return _show(request, upload, listed)
    if not form.is_valid() or form.cleaned_data["shown"] != listed.digest:
        return _show(request, upload, listed, ActError("register.trouble.other_plan"))
    if listed.bad and not form.cleaned_data["skip_bad"]:
        return _show(request, upload, listed, ActError("register.trouble.bad_rows", field="skip_bad"))
    _enter_all(request, upload, listed)
    return HttpResponseRedirect(f"{reverse('excuses-import', args=[unit.number])}?selesai={len(listed.groups)}")


@transaction.atomic
def _enter_all(request: OfficeRequest, upload: ExcuseUpload, listed: ListedExcuses) -> None:
    """All of them or none; each has the life of one that was typed."""
    for group in listed.groups:
        group.excuse.upload = upload
        enter_and_attest(entry=group.excuse, people=group.people, by=act_by(request, group.reason))
    upload.done_at_ms, upload.data, upload.entered = request.now_ms, b"", len(listed.groups)
    upload.save(update_fields=["done_at_ms", "data", "entered"])


def _show(request: OfficeRequest, upload: ExcuseUpload, listed: ListedExcuses, trouble: Trouble = None) -> HttpResponse:
    context = {
        "upload": upload,
        "unit": upload.unit,
        "zone": upload.unit.zone,
        "listed": listed,
        "faults": sorted(listed.bad, key=lambda fault: fault.row)[:ROWS_SHOWN_MAX],
        "groups": listed.groups[:ROWS_SHOWN_MAX],
        "more": max(0, len(listed.groups) - ROWS_SHOWN_MAX),
    }
    return form_page(request, "excuses/confirm_list.html", context, trouble)


def _listed(request: OfficeRequest, unit: Unit, data: bytes) -> ListedExcuses:
    people = list(people_below([unit.path], day_here(request)))
    return read_excuses(data, unit=unit, people=people, by=request.actor.number)


@require_GET
def template(request: OfficeRequest, kind: str) -> HttpResponse:
    """An empty list to fill in. Every column is text, so that a NIP keeps its digits."""
    if not request.actor.paths(ENTER_EXCUSE.roles):
        raise PermissionDenied
    sheet = SheetOut(title="Keterangan", rows=template_rows(), widths=[_COLUMN_WIDTH] * len(COLUMNS), is_text=True)
    return download(table_file(kind, sheet), "keterangan", kind)
