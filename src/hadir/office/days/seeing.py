"""A superior says that he saw somebody at work, on a day that rests on soft evidence; and takes it back by another act.

His silence deducts nothing, his word adds nothing to a verdict: it only ends the waiting. Nobody says it of himself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef

from hadir.office.accounts.permissions import Role, Rule, may
from hadir.office.acts.actions import SALT_BYTES, write_decision
from hadir.office.dated import told_by
from hadir.office.days.models import Sighting
from hadir.office.days.permissions import CONFIRM_DAY, UNCONFIRM_DAY
from hadir.office.follower.models import VerdictRow
from hadir.office.months.lines import ASKED
from hadir.office.months.models import DayLine
from hadir.office.people.models import Person
from hadir.office.people.queries import people_in_sight, thing_of
from hadir.rules.verdict import DayStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from typing import Any

    from django.db.models import QuerySet

    from hadir.office.accounts.permissions import Actor

WAITS_DAYS = 31
LISTED_MAX = 50
_SUPERIOR = Rule(roles=frozenset({Role.SUPERIOR}), decides=True)


class SightingTrouble(StrEnum):
    """Expected trouble, and the code of its text."""

    NOT_ASKED = "sighting.trouble.not_asked"
    ALREADY = "sighting.trouble.already"
    NOT_THERE = "sighting.trouble.not_there"
    REASON_NEEDED = "sighting.trouble.reason_needed"


class SightingError(Exception):
    def __init__(self, trouble: SightingTrouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@transaction.atomic
def confirm_day(*, person: Person, day: date, by: Actor, at_ms: int, reason: str) -> Sighting:
    """Say that the person was at work on that day, with how one knows."""
    if by.person is None or not may(by, CONFIRM_DAY, thing_of(person, day)):
        raise PermissionDenied
    given = _given(reason)
    if Sighting.objects.select_for_update().filter(person=person, day=day, withdrawn_at_ms=None).exists():
        raise SightingError(SightingTrouble.ALREADY)
    row = VerdictRow.objects.filter(person=person.number, day=day).first()
    if row is None or not waits_for_word(row.body):
        raise SightingError(SightingTrouble.NOT_ASKED)
    record = write_decision(
        by=by.person, at_ms=at_ms, act="day.confirm", about=_about(person, day), person=person.number, after="seen",
        reason=given,
    )  # fmt: skip
    return Sighting.objects.create(person=person, day=day, by_id=by.person, at_ms=at_ms, record=record)


@transaction.atomic
def unconfirm_day(*, person: Person, day: date, by: Actor, at_ms: int, reason: str) -> Sighting:
    """Take the word back: the day waits again."""
    if by.person is None or not may(by, UNCONFIRM_DAY, thing_of(person, day)):
        raise PermissionDenied
    given = _given(reason)
    row = Sighting.objects.select_for_update().filter(person=person, day=day, withdrawn_at_ms=None).first()
    if row is None:
        raise SightingError(SightingTrouble.NOT_THERE)
    row.withdrawn_by_id, row.withdrawn_at_ms = by.person, at_ms
    row.withdrawal = write_decision(
        by=by.person, at_ms=at_ms, act="day.unconfirm", about=_about(person, day), person=person.number,
        before="seen", after="withdrawn", reason=given,
    )  # fmt: skip
    row.save(update_fields=["withdrawn_by", "withdrawn_at_ms", "withdrawal"])
    return row


def waits_for_word(body: Mapping[str, Any] | None) -> bool:
    """Whether the day counts as it stands and waits only for somebody's word. An undecided one needs more than that."""
    return bool(body) and body is not None and body["review"] == "ask_superior" and body["status"] != "undecided"


def _about(person: Person, day: date) -> str:
    return f"day/{person.number}/{day.isoformat()}"


def _given(reason: str) -> str:
    if not reason.strip():
        raise SightingError(SightingTrouble.REASON_NEEDED)
    return reason.strip()


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
    person: Person
    day: date


def days_to_confirm(actor: Actor, today: date) -> list[UnseenDay]:
    """The last month's days of the superior's own people that wait for his word, the newest first. Two queries."""
    found = lines_to_confirm(actor, today).order_by("-day", "person")[:LISTED_MAX]
    rows = list(found.values_list("person", "day"))
    known = Person.objects.in_bulk({person for person, _ in rows}) if rows else {}
    return [UnseenDay(known[person], day) for person, day in rows if person in known]


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
