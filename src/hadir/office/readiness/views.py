"""One page by unit: who is not ready, and where that is mended."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from hadir.office.devices.permissions import ISSUE_SLIP
from hadir.office.duties.kinds import LawKind
from hadir.office.duties.permissions import MAKE_LAW
from hadir.office.ground.words import say
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest
from hadir.office.page.today import day_here
from hadir.office.people.permissions import IMPORT_STAFF, SEE_REGISTER
from hadir.office.readiness.lacking import Lack, Ready, by_unit, readiness
from hadir.office.tables.writing import csv_file, download
from hadir.office.units.home import first_unit
from hadir.office.units.models import Unit
from hadir.office.units.queries import unit_in_sight, units_in_sight
from hadir.texts import date_words


@require_GET
def readiness_home(request: OfficeRequest) -> HttpResponseRedirect:
    return first_unit(request, SEE_REGISTER, "readiness")


@require_GET
def readiness_of(request: OfficeRequest, unit: int) -> HttpResponse:
    """How many of each unit lack what; with `tanpa`, who they are."""
    found = unit_in_sight(request.actor, SEE_REGISTER, unit)
    people = readiness(request.actor, found, day_here(request))
    if request.GET.get("bentuk") == "csv":
        return _csv(request, found, people)
    asked = request.GET.get("tanpa", "")
    lack = Lack(asked) if asked in set(Lack) else None
    chosen = [one for one in people if (lack in one.lacks if lack else one.lacks)]
    page = page_of(request, chosen, {"tanpa": lack.value if lack else None})
    context = {
        "unit": found,
        "units": units_in_sight(request.actor, SEE_REGISTER),
        "home": reverse("readiness-home"),
        "count": len(people),
        "ready": sum(not one.lacks for one in people),
        "coming": sum(one.begins is not None for one in people),
        "first_day": _first_day(people),
        "sums": [(one, sum(one in row.lacks for row in people), one is lack) for one in Lack],
        "table": by_unit(people),
        "lack": lack,
        "page": page,
        "acts": _acts(request, found),
    }
    return render(request, "register/readiness.html", context)


def _first_day(people: list[Ready]) -> date | None:
    return min((one.begins for one in people if one.begins), default=None)


def _acts(request: OfficeRequest, unit: Unit) -> dict[str, str]:
    """Where each lack is mended, for those who may; who may not sees the number alone."""
    may = request.actor.paths
    found = {}
    if may(IMPORT_STAFF.roles):
        found[Lack.SUPERIOR.value] = reverse("staff-import")
    if may(MAKE_LAW[LawKind.DUTY].roles):
        found[Lack.SCHEDULE.value] = reverse("laws", args=[unit.number])
    if any(unit.path.startswith(path) for path in may(ISSUE_SLIP.roles)):
        found[Lack.SLIP.value] = reverse("slips", args=[unit.number])
    return found


def _csv(request: OfficeRequest, unit: Unit, people: list[Ready]) -> HttpResponse:
    """Everybody, with what is lacking."""
    lang = request.lang
    heads = ("today.column.name", "register.column.nip", "page.unit", "register.column.from")
    rows = [[say(code, lang) for code in (*heads, *(lack.code for lack in Lack))]]
    for one in people:
        begins = date_words(one.begins, lang) if one.begins else ""
        lacks = [say("readiness.yes", lang) if lack in one.lacks else "" for lack in Lack]
        rows.append([one.person.titled_name, one.person.nip or "", one.unit.name, begins, *lacks])
    return download(csv_file(rows, delimiter=",", mark=""), f"kesiapan-{unit.number}", "csv")
