"""Rosters: which shifts a person has on which date, written, copied forward, and taken back by writing them again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.duties.models import RosterDay, RosterWish, WishState
from hadir.office.duties.permissions import KEEP_ROSTER
from hadir.office.duties.reach import mark_roster_dirty
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import names_shifts
from hadir.office.ground.moments import day_at
from hadir.office.ground.rows import put_values
from hadir.office.people.models import AT_HOME, Assignment, Person
from hadir.office.people.queries import things_of
from hadir.office.roles import ActBy, Actor, may
from hadir.office.units.models import Unit
from hadir.records.encoding import b64url, sha256

ENTRIES_MAX = 5_000
"""A month of a big ward and more."""


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """The shifts of a person on a date, in order of time; none: free. `shifts` None: as if nothing had been written."""

    person: int
    day: date
    shifts: tuple[str, ...] | None

    @property
    def told(self) -> str:
        return f"{self.person} {self.day.isoformat()} {'-' if self.shifts is None else '+'.join(self.shifts)}"


@dataclass(frozen=True, slots=True)
class Written:
    """How many dates changed at once, and how many wait for a second person because their day had begun."""

    changed: int = 0
    waiting: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.changed + other.changed, self.waiting + other.waiting)


@transaction.atomic
def write_roster(*, entries: Sequence[RosterEntry], by: ActBy, document: str = "") -> Written:
    """Let these shifts hold in place of what was written for those dates; where a day has begun, once two agree.

    For a day that has begun the act needs its document, as every act of law does.
    """
    if len(entries) > ENTRIES_MAX or len({(one.person, one.day) for one in entries}) != len(entries):
        raise ActError("law.trouble.taken")
    today = day_at(by.at_ms, HERE.site.zone)
    _check(entries, by.actor, today)
    changed = _changed(entries)
    begun = [one for one in changed if one.day <= today]
    if begun and not document.strip():
        raise ActError("law.trouble.document_needed", field="document")
    coming = [one for one in changed if one.day > today]
    if coming:
        rows = _replace(coming, by.number, by.at_ms)
        write_rows(_record("roster.write", coming, by=by, document=document), *rows)
    if begun:
        record = _record("roster.wish", begun, by=by, document=document)
        wish = RosterWish.objects.create(
            entries=[[one.person, one.day.isoformat(), one.shifts] for one in begun], document=document.strip(),
            made_by_id=by.number, made_at_ms=by.at_ms, record=record,
        )  # fmt: skip
        write_rows(record, wish)
    return Written(len(coming), len(begun))


@transaction.atomic
def agree_to_roster(*, number: int, by: ActBy) -> RosterWish:
    """Stand behind shifts on days that had begun, as the second person: from now on they hold."""
    row = _waiting(number)
    entries = entries_of(row)
    _check(entries, by.actor, day_at(by.at_ms, HERE.site.zone))
    if row.made_by_id == by.number:
        raise ActError("law.trouble.another_person")
    rows = _replace(_changed(entries), row.made_by_id, by.at_ms)
    decided = _decide(row, WishState.AGREED, by=by)
    assert decided.decision is not None
    write_rows(decided.decision, *rows)
    return decided


@transaction.atomic
def refuse_roster(*, number: int, by: ActBy) -> RosterWish:
    """Let nothing come of it. Whoever wanted it may take it back himself."""
    row = _waiting(number)
    _check(entries_of(row), by.actor, day_at(by.at_ms, HERE.site.zone))
    return _decide(row, WishState.REFUSED, by=by)


def entries_of(row: RosterWish) -> list[RosterEntry]:
    return [
        RosterEntry(person, date.fromisoformat(day), None if shifts is None else tuple(shifts))
        for person, day, shifts in row.entries
    ]


def _waiting(number: int) -> RosterWish:
    row = RosterWish.objects.select_for_update(of=("self",)).get(number=number)
    if row.state != WishState.WAITING:
        raise ActError("law.trouble.already_decided")
    return row


def _decide(row: RosterWish, state: WishState, *, by: ActBy) -> RosterWish:
    by = by.reasoned("law.trouble.reason_needed")
    row.state, row.decided_by_id, row.decided_at_ms = state, by.number, by.at_ms
    row.decision = write_decision(
        by=by,
        act="roster.agree" if state is WishState.AGREED else "roster.refuse",
        about=f"roster-wish/{row.number}",
        person=_only(row.people),
        before=row.record.record_id,
        after=state.value,
        basis=row.document,
    )
    row.save(update_fields=["state", "decided_by", "decided_at_ms", "decision"])
    write_rows(row.decision, row)
    return row


def _changed(entries: Sequence[RosterEntry]) -> list[RosterEntry]:
    stood = {key: tuple(row.shifts) for key, row in _known(entries).items()}
    in_order = sorted(entries, key=lambda one: (one.person, one.day))
    return [one for one in in_order if stood.get((one.person, one.day)) != one.shifts]


def _replace(changed: Sequence[RosterEntry], maker: int, at_ms: int) -> list[RosterDay]:
    """Every row that this touched: those that stood there, and those that stand there now."""
    known = _known(changed)
    RosterDay.objects.filter(pk__in=[row.pk for row in known.values()]).update(withdrawn_at_ms=at_ms)
    held = ((one.person, one.day, one.shifts, maker, at_ms) for one in changed if one.shifts is not None)
    put_values(RosterDay, ("person_id", "day", "shifts", "made_by_id", "recorded_at_ms"), held)
    mark_roster_dirty(((one.person, one.day) for one in changed), today=day_at(at_ms, HERE.site.zone))
    return [*known.values(), *_known(changed).values()]


def copy_roster(*, unit: Unit, from_date: date, days: int, to_date: date, by: ActBy, document: str = "") -> Written:  # noqa: PLR0913 - what an act of this kind is made of
    """The shifts of a unit's people on `days` dates from `from_date` on, once more from `to_date` on.

    Whoever copies does not copy his own.
    """
    last = from_date + timedelta(days=days)
    homes = Assignment.objects.on(to_date).filter(AT_HOME, unit__path__startswith=unit.path)
    rows = RosterDay.objects.filter(
        withdrawn_at_ms=None, day__gte=from_date, day__lt=last, person__in=homes.values("person")
    ).exclude(person=by.number)
    forward = to_date - from_date
    entries = [RosterEntry(row.person_id, row.day + forward, tuple(row.shifts)) for row in rows]
    return write_roster(entries=entries, by=by, document=document)


def _check(entries: Sequence[RosterEntry], by: Actor, today: date) -> None:
    """PermissionDenied or ActError unless all of this may be written."""
    if not by.paths(KEEP_ROSTER.roles):
        raise PermissionDenied
    people = Person.objects.in_bulk({one.person for one in entries})
    things = things_of(people.keys(), today)
    for number in sorted({one.person for one in entries}):
        if number not in things:
            raise ActError("law.trouble.nobody")
        if not may(by, KEEP_ROSTER, things[number]):
            raise PermissionDenied
    named = {(name, one.day) for one in entries for name in one.shifts or ()}
    if not names_shifts(HERE.settings.policies, named):
        raise ActError("law.trouble.unknown_word")


def _known(entries: Sequence[RosterEntry]) -> dict[tuple[int, date], RosterDay]:
    rows = RosterDay.objects.select_for_update().filter(
        withdrawn_at_ms=None,
        person__in={one.person for one in entries},
        day__in={one.day for one in entries},
    )
    return {(row.person_id, row.day): row for row in rows}


def _record(act: str, changed: Sequence[RosterEntry], *, by: ActBy, document: str) -> OutboxRow:
    """One record for the whole list; where it is long, its digest stands for it."""
    told = "\n".join(one.told for one in changed)
    days = [one.day for one in changed]
    return write_decision(
        by=by,
        act=act,
        about=f"roster/{b64url(sha256(told.encode()))}",
        person=_only(one.person for one in changed),
        after=f"{len(changed)} {min(days).isoformat()}..{max(days).isoformat()}\n{told}",
        basis=document.strip() or None,
    )


def _only(people: Iterable[int]) -> int | None:
    one, *others = set(people)
    return None if others else one
