"""Closed months that somebody asks to open again."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q, QuerySet

from hadir.office.months.models import ClosedRow, Closing, State
from hadir.office.months.permissions import GRANT_REOPEN
from hadir.office.roles import Actor


def reopenings_waiting(actor: Actor) -> list[Closing]:
    """Those that this person may grant or refuse, the oldest first. One query."""
    return list(reopenings_to_answer(actor).select_related("unit", "asked_by").order_by("number"))


def reopenings_to_answer(actor: Actor) -> QuerySet[Closing]:
    """As `may_grant` says it of each."""
    below = reduce(or_, (Q(unit__path__startswith=path) for path in actor.paths(GRANT_REOPEN.roles)), Q(pk__in=()))
    own = ClosedRow.objects.filter(closing=OuterRef("pk"), person=actor.person)
    rows = Closing.objects.filter(below, ~Exists(own), state=State.CLOSED, asked_by__isnull=False)
    return rows.exclude(asked_by=actor.person)
