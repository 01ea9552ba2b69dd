"""Rosters: which shifts a person has on which date, written, copied forward, and taken back by writing them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.accounts.permissions import may
from hadir.office.acts.actions import write_decision
from hadir.office.duties.actions import LawError, LawTrouble
from hadir.office.duties.models import RosterDay
from hadir.office.duties.permissions import KEEP_ROSTER
from hadir.office.duties.reach import mark_roster_dirty
from hadir.office.follower.laws import names_shifts
from hadir.office.installation import HERE
from hadir.office.page.moments import day_at
from hadir.office.people.models import Assignment, AssignmentKind, Person
from hadir.office.people.queries import thing_of
from hadir.records.encoding import b64url, sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from hadir.office.accounts.permissions import Actor
    from hadir.office.units.models import Unit

ENTRIES_MAX = 5_000
"""A month of a big ward and more."""
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, order=True)
class RosterEntry:
    """The shifts of a person on a date, in order of time; none: free. `shifts` None: as if nothing had been written."""

    person: int
    day: date
    shifts: tuple[str, ...] | None

    @property
    def told(self) -> str:
        return f"{self.person} {self.day.isoformat()} {'-' if self.shifts is None else '+'.join(self.shifts)}"


@transaction.atomic
def write_roster(*, entries: Sequence[RosterEntry], by: Actor, at_ms: int, reason: str) -> int:
    """Let these shifts hold in place of what was written for those dates. Returns how many dates changed."""
    if len(entries) > ENTRIES_MAX or len({(one.person, one.day) for one in entries}) != len(entries):
        raise LawError(LawTrouble.TAKEN)
    today = day_at(at_ms, HERE.site.zone)
    maker = _maker(entries, by, today)
    known = _known(entries)
    changed = [one for one in sorted(entries) if _shifts(known.get((one.person, one.day))) != one.shifts]
    if not changed:
        return 0
    gone = [row.pk for one in changed if (row := known.get((one.person, one.day)))]
    RosterDay.objects.filter(pk__in=gone).update(withdrawn_at_ms=at_ms)
    RosterDay.objects.bulk_create(
        [
            RosterDay(
                person_id=one.person, day=one.day, shifts=list(one.shifts), made_by_id=maker, recorded_at_ms=at_ms
            )
            for one in changed
            if one.shifts is not None
        ],
        batch_size=_ROWS_AT_ONCE,
    )  # fmt: skip
    _record(changed, by=maker, at_ms=at_ms, reason=reason)
    mark_roster_dirty(((one.person, one.day) for one in changed), today=today)
    return len(changed)


def copy_roster(  # noqa: PLR0913 - what an act of this kind is made of
    *, unit: Unit, from_date: date, days: int, to_date: date, by: Actor, at_ms: int, reason: str
) -> int:
    """The shifts of a unit's people on `days` dates from `from_date` on, once more from `to_date` on.

    Whoever copies does not copy his own. Returns how many dates changed.
    """
    last = from_date + timedelta(days=days)
    homes = Assignment.objects.on(to_date).filter(kind=AssignmentKind.HOME, unit__path__startswith=unit.path)
    rows = RosterDay.objects.filter(
        withdrawn_at_ms=None, day__gte=from_date, day__lt=last, person__in=homes.values("person")
    ).exclude(person=by.person)
    forward = to_date - from_date
    entries = [RosterEntry(row.person_id, row.day + forward, tuple(row.shifts)) for row in rows]
    return write_roster(entries=entries, by=by, at_ms=at_ms, reason=reason)


def _maker(entries: Sequence[RosterEntry], by: Actor, today: date) -> int:
    """Whoever may write all of this. PermissionDenied, LawError otherwise."""
    if by.person is None or not by.paths(KEEP_ROSTER.roles):
        raise PermissionDenied
    people = Person.objects.in_bulk({one.person for one in entries})
    for number in sorted({one.person for one in entries}):
        person = people.get(number)
        if person is None:
            raise LawError(LawTrouble.NOBODY)
        if not may(by, KEEP_ROSTER, thing_of(person, today)):
            raise PermissionDenied
    named = {(name, one.day) for one in entries for name in one.shifts or ()}
    if not names_shifts(HERE.settings.policies, named):
        raise LawError(LawTrouble.UNKNOWN_WORD)
    return by.person


def _known(entries: Sequence[RosterEntry]) -> dict[tuple[int, date], RosterDay]:
    rows = RosterDay.objects.select_for_update().filter(
        withdrawn_at_ms=None,
        person__in={one.person for one in entries},
        day__in={one.day for one in entries},
    )
    return {(row.person_id, row.day): row for row in rows}


def _shifts(row: RosterDay | None) -> tuple[str, ...] | None:
    return None if row is None else tuple(row.shifts)


def _record(changed: Sequence[RosterEntry], *, by: int, at_ms: int, reason: str) -> None:
    """One record for the whole list; where it is long, its digest stands for it."""
    told = "\n".join(one.told for one in changed)
    days = [one.day for one in changed]
    write_decision(
        by=by,
        at_ms=at_ms,
        act="roster.write",
        about=f"roster/{b64url(sha256(told.encode()))}",
        person=_only(one.person for one in changed),
        after=f"{len(changed)} {min(days).isoformat()}..{max(days).isoformat()}\n{told}",
        reason=reason.strip() or None,
    )


def _only(people: Iterable[int]) -> int | None:
    named = set(people)
    return next(iter(named)) if len(named) == 1 else None
