"""What an edition of the rules asks of personnel: the days of open months on which it says something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from hashlib import sha256

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import TruncMonth

from hadir.office.months.models import Closing, ClosingState, Edition, EditionState, OlderVerdict, PriceChange
from hadir.office.months.permissions import may_accept
from hadir.office.page.periods import month_after
from hadir.office.people.models import Person
from hadir.office.roles import Actor
from hadir.office.units.models import Unit


def newest_edition() -> Edition | None:
    return Edition.objects.select_related("asked_by", "accepted_by", "record").first()


def differing(edition: Edition) -> QuerySet[OlderVerdict]:
    """Days of months that were open when it was accepted, or are open now, on which it says something else."""
    return _changed().filter(~Exists(_closed(edition.accepted_at_ms)), edition=edition)


def kept_closed(edition: Edition) -> QuerySet[OlderVerdict]:
    """The same of closed months: they keep what was closed."""
    return _changed().filter(Exists(_closed(edition.accepted_at_ms)), edition=edition)


def _changed() -> QuerySet[OlderVerdict]:
    return OlderVerdict.objects.exclude(change=PriceChange.NONE).annotate(first=TruncMonth("day"))


def _closed(before_ms: int | None) -> QuerySet[Closing]:
    closed = Closing.objects.filter(
        unit=OuterRef("unit"), first=OuterRef("first"), state=ClosingState.CLOSED
    )  # fmt: skip
    return closed if before_ms is None else closed.filter(closed_at_ms__lt=before_ms)


def counted(edition: Edition) -> Counter[str]:
    """How many days it makes dearer, milder, or something else at the same price."""
    return Counter(differing(edition).values_list("change", flat=True))


def waiting_in(units: Collection[int], first: date) -> QuerySet[OlderVerdict]:
    """Days of a month of these units whose verdicts wait for two people of personnel. The month is open there."""
    rows = OlderVerdict.objects.filter(unit__in=list(units), day__gte=first, day__lt=month_after(first))
    return rows.exclude(edition__state=EditionState.ACCEPTED).exclude(change=PriceChange.NONE)


def waits_for_edition(unit: Unit, person: Person, day: date) -> bool:
    """Whether the day's verdict may change once the edition is accepted: its month is open."""
    if Closing.objects.filter(unit=unit, first=day.replace(day=1), state=ClosingState.CLOSED).exists():
        return False
    return waiting_in([unit.number], day.replace(day=1)).filter(person=person.number, day=day).exists()


def older_days(unit: int, first: date) -> list[tuple[int, date]]:
    """The person-days of a unit's month that have an older verdict."""
    rows = OlderVerdict.objects.filter(unit=unit, day__gte=first, day__lt=month_after(first))
    return list(rows.values_list("person", "day"))


def days_that_wait() -> int:
    """Over all open months."""
    newest = Edition.objects.first()
    return 0 if newest is None or newest.state == EditionState.ACCEPTED else differing(newest).count()


def editions_to_accept(actor: Actor) -> QuerySet[Edition]:
    """The edition that waits for this person: to read it and propose that it be accepted, or to be the second one."""
    if not may_accept(actor):
        return Edition.objects.none()
    newest = Edition.objects.order_by("-number").values("pk")[:1]
    asks = _changed().filter(~Exists(_closed(None)), edition=OuterRef("pk"))
    rows = Edition.objects.filter(Exists(asks), pk__in=newest).exclude(state=EditionState.ACCEPTED)
    return rows.exclude(asked_by=actor.person)


def list_digest(edition: Edition) -> str:
    """SHA-256 (hex) of the list as it is accepted: each person-day with the line before and after."""
    digest = sha256()
    for told in differing(edition).order_by("person", "day").values_list("person", "day", "line", "said"):
        digest.update("\n".join(map(str, told)).encode() + b"\n\n")
    return digest.hexdigest()
