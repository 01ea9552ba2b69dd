"""Records that no phone signed: each person's to whom sees that person, all of them to whom sees everybody."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.days.permissions import SEE_FAULTY
from hadir.office.ground.installation import HERE
from hadir.office.ground.moments import is_a_time
from hadir.office.page.lists import page_of
from hadir.office.page.requests import OfficeRequest
from hadir.office.page.today import day_here
from hadir.office.people.models import Person
from hadir.office.people.queries import people_in_sight
from hadir.office.projection.models import FaultyLeaf
from hadir.office.roles import Actor
from hadir.office.units.models import Unit


@dataclass(frozen=True, slots=True)
class FaultyRow:
    leaf: FaultyLeaf
    person: Person | None
    is_in_sight: bool

    @property
    def why_code(self) -> str:
        return f"faulty.why.{self.leaf.fault}"

    @property
    def claim_code(self) -> str:
        return f"faulty.claim.{self.leaf.direction or 'other'}"

    @property
    def claims_ms(self) -> int | None:
        """The time that it claims, if any calendar has it."""
        at_ms = self.leaf.wall_ms
        return at_ms if at_ms is not None and is_a_time(at_ms) else None


@require_GET
def faulty(request: OfficeRequest) -> HttpResponse:
    """Newest first."""
    if not request.actor.paths(SEE_FAULTY.roles):
        raise PermissionDenied
    sight = people_in_sight(request.actor, SEE_FAULTY, day_here(request))
    page = page_of(request, _in_sight(request.actor, sight))
    leaves = list(page.object_list)
    numbers = {leaf.person for leaf in leaves if leaf.person is not None}
    people = Person.objects.in_bulk(numbers)
    seen = set(sight.filter(number__in=numbers).values_list("number", flat=True))
    rows = [FaultyRow(leaf, people.get(leaf.person or 0), leaf.person in seen) for leaf in leaves]
    return render(request, "days/faulty.html", {"rows": rows, "page": page, "zone": HERE.site.zone})


def _in_sight(actor: Actor, sight: QuerySet[Person]) -> QuerySet[FaultyLeaf]:
    tops = set(Unit.objects.filter(parent=None).values_list("path", flat=True))
    if tops & set(actor.paths(SEE_FAULTY.roles)):
        return FaultyLeaf.objects.all()
    return FaultyLeaf.objects.filter(person__in=sight.values("number"))
