"""Groups of people: the list of a unit, one group with its members, and many people in or out at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from hadir.office.duties.actions import join_group, leave_group, open_group
from hadir.office.duties.forms import GroupForm, JoinForm, LeaveForm
from hadir.office.duties.models import Group, Membership
from hadir.office.duties.permissions import KEEP_GROUP, SEE_LAW, SEE_REASON
from hadir.office.duties.queries import group_in_sight, groups_in_sight, members_of
from hadir.office.duties.words import listed
from hadir.office.ground.act_error import ActError
from hadir.office.page.answers import form_page
from hadir.office.page.asked import number_asked
from hadir.office.page.forms import error_codes, typed
from hadir.office.page.requests import OfficeRequest, act_by
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below
from hadir.office.units.models import Unit
from hadir.office.units.queries import covers, unit_in_sight, unit_to, units_in_sight

TICKED_MAX = 300
"""More people than this are not listed to be ticked; their numbers are typed or pasted."""
JOINED_MAX = 500


@require_GET
def groups(request: OfficeRequest, unit: int) -> HttpResponse:
    """The groups that reach the unit's people, those apart of which this reader may not know."""
    return _list(request, unit_in_sight(request.actor, SEE_LAW, unit))


def _list(request: OfficeRequest, unit: Unit, form: GroupForm | None = None) -> HttpResponse:
    today = day_here(request)
    rows = list(groups_in_sight(request.actor, [unit.path]))
    inside = set(people_below(request.actor.paths(SEE_LAW.roles), today).values_list("number", flat=True))
    members = Membership.objects.on(today).filter(group__in=rows).values_list("group", "person")
    counts = {row.number: len({who for group, who in members if group == row.number} & inside) for row in rows}
    context = {
        "unit": unit,
        "units": units_in_sight(request.actor, SEE_LAW),
        "rows": [(row, counts[row.number]) for row in rows],
        "may_open": covers(request.actor, KEEP_GROUP, unit),
        "may_hide": covers(request.actor, SEE_REASON, unit),
        "given": typed(form) if form else {},
    }
    return form_page(request, "duties/groups.html", context, error_codes(form) if form else None)


@require_http_methods(["POST"])
def open_one(request: OfficeRequest, unit: int) -> HttpResponse:
    """A new group. Whoever could not read its name afterwards makes no private one."""
    found = unit_to(request.actor, unit, see=SEE_LAW, do=KEEP_GROUP)
    form = GroupForm(request.POST)
    if not form.is_valid():
        return _list(request, found, form)
    given = form.cleaned_data
    if given["is_private"] and not covers(request.actor, SEE_REASON, found):
        raise PermissionDenied
    try:
        group = open_group(name=given["name"], unit=found, is_private=given["is_private"], by=act_by(request))
    except ActError as error:
        form.add_error("name", error.code)
        return _list(request, found, form)
    return HttpResponseRedirect(reverse("group", args=[group.number]))


# --- one group --------------------------------------------------------------------------------------------------------


@require_GET
def group(request: OfficeRequest, number: int) -> HttpResponse:
    return _group(request, group_in_sight(request.actor, number))


def _group(
    request: OfficeRequest,
    found: Group,
    *,
    form: Form | None = None,
    part: str = "",
    unknown: Iterable[str] = (),
) -> HttpResponse:
    today, done = day_here(request), request.GET.get("selesai", "")
    may_keep = covers(request.actor, KEEP_GROUP, found.unit)
    members = list(members_of(request.actor, found, today))
    inside = {row.person_id for row in members if row.until_date is None or row.until_date > today}
    people = list(people_below([found.unit.path], today)[: TICKED_MAX + 1]) if may_keep else []
    others = [one for one in people if one.number not in inside and one.number != request.actor.person]
    context = {
        "group": found,
        "members": [(row, row.person_id != request.actor.person) for row in members],
        "may_keep": may_keep,
        "others": others if len(people) <= TICKED_MAX else [],
        "today": today.isoformat(),
        "part": part,
        "given": typed(form) if form else {},
        "ticked": set(request.POST.getlist("people")),
        "unknown": list(unknown),
        "done_code": f"law.group.done.{done}" if done in {"join", "leave"} else "",
        "n": number_asked(request.GET.get("n", "")) or 0,
    }
    return form_page(request, "duties/group.html", context, error_codes(form) if form else None)


def _to_keep(request: OfficeRequest, number: int) -> Group:
    """The group, if it is in sight (else 404) and the actor keeps it (else 403)."""
    found = group_in_sight(request.actor, number)
    if not covers(request.actor, KEEP_GROUP, found.unit):
        raise PermissionDenied
    return found


@require_http_methods(["POST"])
def join(request: OfficeRequest, number: int) -> HttpResponse:
    """Many people into the group: all of them, or none where a line means nobody."""
    found = _to_keep(request, number)
    form = JoinForm(request.POST)
    people, unknown = _chosen(request, found)
    if form.is_valid():
        if unknown:
            form.add_error("numbers", "law.form.unknown_lines")
        elif not 0 < len(people) <= JOINED_MAX:
            form.add_error("numbers", "form.too_many" if people else "law.form.no_people")
    if not form.is_valid():
        return _group(request, found, form=form, part="join", unknown=unknown)
    given = form.cleaned_data
    try:
        with transaction.atomic():
            for one in people:
                join_group(
                    group=found,
                    person=one,
                    from_date=given["from_date"],
                    until_date=form.until_date,
                    by=act_by(request, given["reason"]),
                )
    except ActError as error:
        form.add_error(None, error.code)
        return _group(request, found, form=form, part="join")
    return HttpResponseRedirect(f"{reverse('group', args=[number])}?selesai=join&n={len(people)}")


def _chosen(request: OfficeRequest, group: Group) -> tuple[list[Person], list[str]]:
    """The ticked people and the typed ones, each once; and the lines that mean nobody."""
    ticked = "\n".join(request.POST.getlist("people")[:JOINED_MAX])
    lines = f"{ticked}\n{request.POST.get('numbers', '')}"
    people, unknown = listed(lines, group.unit, day_here(request))
    mine = [str(one.number) for one in people if one.number == request.actor.person]
    return list({one.number: one for one in people if one.number != request.actor.person}.values()), unknown + mine


@require_http_methods(["POST"])
def leave(request: OfficeRequest, number: int) -> HttpResponse:
    """Many people out of the group, from a day on."""
    found = _to_keep(request, number)
    form = LeaveForm(request.POST)
    wanted = [one for text in request.POST.getlist("memberships") if (one := number_asked(text)) is not None][
        :JOINED_MAX
    ]
    rows = list(members_of(request.actor, found, day_here(request)).filter(pk__in=wanted))
    if form.is_valid() and not rows:
        form.add_error(None, "law.form.no_people")
    if not form.is_valid():
        return _group(request, found, form=form, part="leave")
    given = form.cleaned_data
    try:
        with transaction.atomic():
            for row in rows:
                leave_group(membership=row.pk, until_date=given["until_date"], by=act_by(request, given["reason"]))
    except ActError as error:
        form.add_error(None, error.code)
        return _group(request, found, form=form, part="leave")
    return HttpResponseRedirect(f"{reverse('group', args=[number])}?selesai=leave&n={len(rows)}")
