"""Which person-days an act of law, a membership or a roster touches: those that are judged or recorded already."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from hadir.office.duties.kinds import CeremonyLaw, LawKind, OwnPolicy, Remote
from hadir.office.duties.models import LawAct, Membership
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import calendar
from hadir.office.ground.rows import grouped
from hadir.office.people.models import Assignment
from hadir.office.projection.invalidation import forget_sweep, mark_known_dirty

_DAY = timedelta(days=1)


def mark_law_dirty(row: LawAct, *, today: date) -> None:
    """The days up to today on which the act, new or gone, concerns somebody."""
    from_date, until_date = row.from_date, row.until_date
    if row.kind == LawKind.ROLL_OUT:
        # It also says that nothing was owed before its first day, and that days without any record were owed since.
        mark_known_dirty(_whom(row), until_date=today + _DAY)
        forget_sweep()
        return
    if row.kind == LawKind.RAMADAN:
        from_date, until_date = _seasons(row)
    if row.kind == LawKind.DUTY:
        from_date -= _DAY  # A shift of the evening before reaches into the first day.
        forget_sweep()  # Where no duty held before, ended days have no verdict yet.
    if row.kind == LawKind.POLICY:
        _mark_own_policy(row.says(OwnPolicy).name, from_date, today=today)
        return
    shape = row.shape
    weekdays = shape.weekdays if isinstance(shape, CeremonyLaw | Remote) else frozenset()
    until = min(today + _DAY, until_date or today + _DAY)
    mark_known_dirty(_whom(row), from_date=from_date, until_date=until, weekdays=weekdays)


def _mark_own_policy(name: str, from_date: date, *, today: date) -> None:
    """The days of whoever an act gives the policy to; days without a verdict may have one now."""
    for act in LawAct.objects.current().filter(kind=LawKind.DUTY, body__policy=name).select_related("unit"):
        mark_known_dirty(_whom(act), from_date=from_date - _DAY, until_date=today + _DAY)
    forget_sweep()


def mark_member_dirty(row: Membership, *, today: date) -> None:
    until = min(today + _DAY, row.until_date or today + _DAY)
    mark_known_dirty(Q(person=row.person_id), from_date=row.from_date, until_date=until)
    forget_sweep()  # The group may have a roll-out of its own.


def mark_roster_dirty(days: Iterable[tuple[int, date]], *, today: date) -> None:
    """A shift may end on the next date, and its hours begin on the one before; it may continue the one before, or be
    continued on the date after next.
    """
    for person, named in grouped(days, lambda key: key[0]).items():
        near = {day + off * _DAY for _, day in named for off in (-1, 0, 1, 2)}
        mark_known_dirty(Q(person=person, day__in=[day for day in near if day <= today]), until_date=today + _DAY)


def _seasons(row: LawAct) -> tuple[date, date | None]:
    """From the first to the last day of the act's season and of those that give way to it, or come back."""
    assert row.until_date is not None
    acts = LawAct.objects.current().filter(kind=LawKind.RAMADAN, until_date__isnull=False)
    known = [(one.from_date, one.until_date or one.from_date) for one in acts]
    known += [(one.from_date, one.until_date) for one in calendar(HERE.settings.policies).ramadan]
    near = [one for one in known if one[0] < row.until_date and row.from_date < one[1]]
    return min([row.from_date, *(one[0] for one in near)]), max([row.until_date, *(one[1] for one in near)])


def _whom(row: LawAct) -> Q:
    """Of person-days, those of people whom the act concerns. A person is where he is at home on that day."""
    if row.person_id is not None:
        return Q(person=row.person_id)
    whom = Q()
    if row.group_id is not None:
        spans = Membership.objects.filter(group=row.group_id, withdrawn_at_ms=None)
        within = (Q(person=one.person_id, day__gte=one.from_date, day__lt=one.until_date or date.max) for one in spans)
        whom &= reduce(or_, within, Q(person__in=()))
    if row.unit is not None:
        homes = Assignment.objects.current().filter(unit__path__startswith=row.unit.path)
        whom &= Q(person__in=homes.values("person"))
    return whom
