"""A superior says that he saw somebody at work, on a day that rests on soft evidence; and takes it back by another act.

His silence deducts nothing, his word adds nothing to a verdict: it only ends the waiting. Nobody says it of himself.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from hadir.office.acts.actions import SALT_BYTES, write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.days.models import Sighting
from hadir.office.days.permissions import CONFIRM_DAY, UNCONFIRM_DAY
from hadir.office.ground.act_error import ActError
from hadir.office.ground.dated import told_by
from hadir.office.months.lines import ASKED
from hadir.office.months.models import DayLine
from hadir.office.people.models import Person
from hadir.office.people.queries import people_in_sight, thing_of
from hadir.office.projection.models import Punch, VerdictRow
from hadir.office.roles import ActBy, Actor, Role, Rule, may
from hadir.rules.evidence import Source
from hadir.rules.verdict import DayStatus

WAITS_DAYS = 31
LISTED_MAX = 50
TOGETHER_MS = 3_600_000
"""Taps that a phone sends when its network is back come within minutes; an hour forgives a weak one."""
_SUPERIOR = Rule(roles=frozenset({Role.SUPERIOR}), decides=True)


@transaction.atomic
def confirm_day(*, person: Person, day: date, by: ActBy) -> Sighting:
    """Say that the person was at work on that day, with how one knows."""
    if not may(by.actor, CONFIRM_DAY, thing_of(person, day)):
        raise PermissionDenied
    by = by.reasoned("sighting.trouble.reason_needed")
    if Sighting.objects.select_for_update().filter(person=person, day=day, withdrawn_at_ms=None).exists():
        raise ActError("sighting.trouble.already")
    row = VerdictRow.objects.filter(person=person.number, day=day).first()
    if row is None or not waits_for_word(row.body):
        raise ActError("sighting.trouble.not_asked")
    record = write_decision(by=by, act="day.confirm", about=_about(person, day), person=person.number, after="seen")
    seen = Sighting.objects.create(person=person, day=day, by_id=by.number, at_ms=by.at_ms, record=record)
    write_rows(record, seen)
    return seen


@transaction.atomic
def confirm_days(*, person: Person, days: Sequence[date], by: ActBy) -> list[Sighting]:
    """The same word for several days that came in together: an act for each day, all of them or none."""
    return [confirm_day(person=person, day=day, by=by) for day in days]


@transaction.atomic
def unconfirm_day(*, person: Person, day: date, by: ActBy) -> Sighting:
    """Take the word back: the day waits again."""
    if not may(by.actor, UNCONFIRM_DAY, thing_of(person, day)):
        raise PermissionDenied
    by = by.reasoned("sighting.trouble.reason_needed")
    row = Sighting.objects.select_for_update().filter(person=person, day=day, withdrawn_at_ms=None).first()
    if row is None:
        raise ActError("sighting.trouble.not_there")
    row.withdrawn_by_id, row.withdrawn_at_ms = by.number, by.at_ms
    row.withdrawal = write_decision(
        by=by, act="day.unconfirm", about=_about(person, day), person=person.number, before="seen", after="withdrawn"
    )
    row.save(update_fields=["withdrawn_by", "withdrawn_at_ms", "withdrawal"])
    write_rows(row.withdrawal, row)
    return row


def waits_for_word(body: Mapping[str, Any] | None) -> bool:
    """Whether the day counts as it stands and waits only for somebody's word. An undecided one needs more than that."""
    return bool(body) and body is not None and body["review"] == "ask_superior" and body["status"] != "undecided"


def _about(person: Person, day: date) -> str:
    return f"day/{person.number}/{day.isoformat()}"


# --- what is shown ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """Who said of the day that he saw the person, and how he knows; and what this reader may do about it."""

    row: Sighting | None
    reason: str
    may_confirm: bool
    may_take_back: bool


def seen_on(actor: Actor, person: Person, day: date, body: Mapping[str, Any] | None) -> Seen | None:
    """None where nothing was said and nothing is asked."""
    rows = Sighting.objects.filter(person=person, day=day, withdrawn_at_ms=None).select_related("by", "record")
    row = rows.first()
    if row is None and not waits_for_word(body):
        return None
    thing = thing_of(person, day)
    reason = "" if row is None else bytes(row.record.reason or b"")[SALT_BYTES:].decode()
    return Seen(
        row=row,
        reason=reason,
        may_confirm=row is None and may(actor, CONFIRM_DAY, thing),
        may_take_back=row is not None and may(actor, UNCONFIRM_DAY, thing),
    )


@dataclass(frozen=True, slots=True)
class UnseenDay:
    """A day that waits; `together` are all days of the person whose taps came in with its own, itself among them."""

    person: Person
    day: date
    together: tuple[date, ...] = ()


def days_to_confirm(actor: Actor, today: date) -> list[UnseenDay]:
    """The last month's days of the superior's own people that wait for his word, the newest first. Three queries.

    Days that a phone delivered together, after a week without a network, are one question and stand once.
    """
    found = lines_to_confirm(actor, today).order_by("-day", "person")[:LISTED_MAX]
    rows = list(found.values_list("person", "day"))
    known = Person.objects.in_bulk({person for person, _ in rows}) if rows else {}
    days: dict[int, list[date]] = defaultdict(list)
    for person, day in rows:
        days[person].append(day)
    came = _came_in(rows)
    groups = [(person, group) for person, some in days.items() for group in _together(person, some, came)]
    listed = [UnseenDay(known[person], group[-1], group) for person, group in groups if person in known]
    return sorted(listed, key=lambda one: (-one.day.toordinal(), one.person.number))


def asked_together(actor: Actor, person: Person, day: date, today: date) -> tuple[date, ...]:
    """The days that wait for the same word as this one, itself among them; only itself where it came alone."""
    rows = list(lines_to_confirm(actor, today).filter(person=person.number).values_list("person", "day"))
    groups = _together(person.number, [one for _, one in rows], _came_in(rows))
    return next((group for group in groups if day in group), (day,))


def _came_in(rows: Sequence[tuple[int, date]]) -> dict[tuple[int, date], int]:
    """When the last tap of each person-day was received."""
    if not rows:
        return {}
    people, days = {person for person, _ in rows}, {day for _, day in rows}
    taps = Punch.objects.filter(source=Source.PHONE.value, person__in=people, day__in=days)
    return {
        (person, day): received_ms
        for person, day, received_ms in taps.order_by("received_at_ms").values_list("person", "day", "received_at_ms")
        if day is not None
    }


def _together(person: int, days: Sequence[date], came: Mapping[tuple[int, date], int]) -> list[tuple[date, ...]]:
    """Groups of days, each in order, whose taps came within an hour of each other."""
    groups: list[list[date]] = []
    last_ms: int | None = None
    for day in sorted(days, key=lambda one: (came.get((person, one), 0), one)):
        came_ms = came.get((person, day))
        if groups and came_ms is not None and last_ms is not None and came_ms - last_ms <= TOGETHER_MS:
            groups[-1].append(day)
        else:
            groups.append([day])
        last_ms = came_ms
    return [tuple(sorted(group)) for group in groups]


def lines_to_confirm(actor: Actor, today: date) -> QuerySet[DayLine]:
    """The same days, as the month keeps them."""
    if actor.person is None or not actor.paths(_SUPERIOR.roles):
        return DayLine.objects.none()
    people = people_in_sight(actor, _SUPERIOR, today).exclude(number=actor.person)
    seen = Sighting.objects.filter(person=OuterRef("person"), day=OuterRef("day"), withdrawn_at_ms=None)
    lines = DayLine.objects.filter(
        ~Exists(seen), person__in=people.values("number"), day__gt=today - timedelta(days=WAITS_DAYS),
        line__contains=ASKED,
    )  # fmt: skip
    return lines.exclude(status=DayStatus.UNDECIDED)


def seen_days(first: date, until: date, known_at_ms: int | None = None) -> set[tuple[int, date]]:
    """(person, day) of every day in `[first, until)` on which somebody was seen. One query."""
    rows = Sighting.objects.filter(told_by("at_ms", known_at_ms), day__gte=first, day__lt=until)
    rows = rows.exclude(told_by("withdrawn_at_ms", known_at_ms), withdrawn_at_ms__isnull=False)
    return set(rows.values_list("person", "day"))
