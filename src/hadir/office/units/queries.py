from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from hadir.office.page.asked import number_asked
from hadir.office.page.requests import OfficeRequest
from hadir.office.roles import Actor, Rule, Thing, may
from hadir.office.units.models import Unit


def units_below(paths: Sequence[str]) -> QuerySet[Unit]:
    """The units of these subtrees, in the order of the tree. No path, no unit."""
    if not paths:
        return Unit.objects.none()
    return Unit.objects.filter(reduce(or_, (Q(path__startswith=path) for path in paths)))


def units_in_sight(actor: Actor, rule: Rule) -> QuerySet[Unit]:
    return units_below(actor.paths(rule.roles))


def unit_in_sight(actor: Actor, rule: Rule, number: int) -> Unit:
    """The unit, or 404 as if there were none."""
    return get_object_or_404(units_in_sight(actor, rule), number=number)


def unit_to(actor: Actor, number: int, *, see: Rule, do: Rule) -> Unit:
    """The unit, if it is in sight (else 404) and the actor may do this to all of it (else 403)."""
    unit = unit_in_sight(actor, see, number)
    if not covers(actor, do, unit):
        raise PermissionDenied
    return unit


def covers(actor: Actor, rule: Rule, unit: Unit) -> bool:
    """Whether one grant of the rule's roles reaches the whole unit."""
    return may(actor, rule, Thing(paths=(unit.path,)))


def chosen_unit(request: OfficeRequest, rule: Rule) -> Unit:
    """The unit that the chooser of a page asks for, or the reader's first; 404 as if there were none."""
    units = units_in_sight(request.actor, rule)
    number = number_asked(request.GET.get("unit", ""))
    return get_object_or_404(units[:1] if number is None else units.filter(number=number))


def first_unit(request: OfficeRequest, rule: Rule, page: str) -> HttpResponseRedirect:
    """To the page of the unit that the chooser asks for, or of the reader's first."""
    return HttpResponseRedirect(reverse(page, args=[chosen_unit(request, rule).number]))
