from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.http import Http404

from hadir.office.page.asked import number_asked
from hadir.office.page.requests import OfficeRequest
from hadir.office.roles import Actor, Rule
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
    unit = units_in_sight(actor, rule).filter(number=number).first()
    if unit is None:
        raise Http404
    return unit


def chosen_unit(request: OfficeRequest, rule: Rule) -> Unit:
    """The unit that the chooser of a page asks for, or the reader's first; 404 as if there were none."""
    units = units_in_sight(request.actor, rule)
    asked = request.GET.get("unit", "")
    number = number_asked(asked)
    unit = units.first() if number is None else units.filter(number=number).first()
    if unit is None:
        raise Http404
    return unit
