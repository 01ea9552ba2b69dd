"""Shifts that somebody wants on days that had begun: what would change, and a second person's word on it."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from hadir.office.acts.actions import SALT_BYTES
from hadir.office.duties.models import RosterDay, RosterWish, WishState
from hadir.office.duties.permissions import KEEP_ROSTER, SEE_LAW
from hadir.office.duties.rosters import agree_to_roster, entries_of, refuse_roster
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.page.answers import Trouble, form_page
from hadir.office.page.forms import typed_reason
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import people_in_sight, things_of
from hadir.office.roles import may


@require_GET
def wish(request: OfficeRequest, number: int) -> HttpResponse:
    """Each date as it is and as it would be, why, and by which document."""
    return _page(request, _in_sight(request, number))


@require_POST
def decide(request: OfficeRequest, number: int, *, agrees: bool) -> HttpResponse:
    row = _in_sight(request, number)
    if not _may(request, row):
        raise PermissionDenied
    do = agree_to_roster if agrees else refuse_roster
    try:
        do(number=number, by=act_by(request, typed_reason(request)))
    except ActError as error:
        return _page(request, row, error)
    return HttpResponseRedirect(reverse("roster-wish", args=[number]))


def _in_sight(request: OfficeRequest, number: int) -> RosterWish:
    """The wish, or 404 as if there were none, where not all of its people are in sight."""
    rows = RosterWish.objects.select_related("made_by", "decided_by", "record", "decision")
    row = get_object_or_404(rows, number=number)
    seen = people_in_sight(request.actor, SEE_LAW, day_here(request)).filter(number__in=row.people)
    if seen.count() != len(row.people):
        raise Http404
    return row


def _may(request: OfficeRequest, row: RosterWish) -> bool:
    things = things_of(row.people, day_here(request))
    return all(may(request.actor, KEEP_ROSTER, thing) for thing in things.values())


def _page(request: OfficeRequest, row: RosterWish, trouble: Trouble = None) -> HttpResponse:
    entries = entries_of(row)
    people = Person.objects.in_bulk(row.people)
    rows = RosterDay.objects.filter(
        withdrawn_at_ms=None, person__in=row.people, day__in={one.day for one in entries}
    )  # fmt: skip
    known = {(one.person_id, one.day): tuple(one.shifts) for one in rows}
    waits = row.state == WishState.WAITING
    may_decide = waits and _may(request, row)
    context = {
        "row": row,
        "reason_given": bytes(row.record.reason or b"")[SALT_BYTES:].decode(),
        "answer": bytes(row.decision.reason or b"")[SALT_BYTES:].decode() if row.decision else "",
        "entries": [(people.get(one.person), one.day, known.get((one.person, one.day)), one.shifts) for one in entries],
        "may_agree": may_decide and row.made_by_id != request.actor.person,
        "may_refuse": may_decide,
        "reason": request.POST.get("reason", ""),
        "zone": HERE.site.zone,
        "waits": waits,
    }
    return form_page(request, "duties/wish.html", context, trouble)
