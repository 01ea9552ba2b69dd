from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import msgspec
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet
from django.http import Http404

from hadir.office.acts.models import OutboxRow
from hadir.office.devices.models import Device, Slip
from hadir.office.ground.installation import HERE
from hadir.office.ground.rows import listed
from hadir.office.people.models import Person
from hadir.office.people.queries import people_below, people_in_sight
from hadir.office.projection.models import Punch, SeenKey
from hadir.office.roles import Actor, Rule
from hadir.records.server_records import Decision

_Taps = Mapping[str, tuple[int, int | None]]
"""Key -> how many taps it signed, and when the last was."""
_NEVER: tuple[int, int | None] = (0, None)
_ENROL = "device.enrol"


class DeviceState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    REVOKED = "revoked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the devices page shows it, whether the office has decided on it or not."""

    kid: str
    person: Person
    state: DeviceState
    slip: int | None
    since_ms: int
    until_ms: int | None
    taps: int
    last_tap_ms: int | None
    is_by_old_slip: bool = False
    """It came in by a slip that another one had replaced before."""

    @property
    def is_pending(self) -> bool:
        return self.state is DeviceState.PENDING

    @property
    def is_active(self) -> bool:
        return self.state is DeviceState.ACTIVE

    @property
    def state_code(self) -> str:
        return f"devices.state.{self.state.value}"

    @property
    def tone(self) -> str:
        return {DeviceState.PENDING: "waiting", DeviceState.ACTIVE: "recorded"}.get(self.state, "plain")


def keys_of(people: QuerySet[Person]) -> list[KeyRow]:
    """All keys of these people, those that wait for a decision first. Five queries, whatever number of keys."""
    by_number = {person.number: person for person in people}
    pending = list(_pending().filter(person__in=by_number))
    devices = list(Device.objects.filter(person__in=by_number).select_related("person"))
    taps = _taps([*(key.kid for key in pending), *(device.kid for device in devices)])
    order = list(DeviceState)
    rows = [*_waiting_rows(pending, by_number, taps), *_decided_rows(devices, taps)]
    return sorted(rows, key=lambda row: (order.index(row.state), row.person.full_name, row.since_ms))


def pending_keys(people: QuerySet[Person], crowded: "Sequence[Crowded]" = ()) -> list[KeyRow]:
    """Keys of these people on which the office has not decided, without those set apart. Four queries, whatever number
    of keys.
    """
    waiting = _pending().filter(person__in=people.values("number"))
    pending = list(waiting.exclude(kid__in=listed(kid for one in crowded for kid in one.apart)) if crowded else waiting)
    rows = _waiting_rows(pending, people.in_bulk([key.person for key in pending]), _taps([key.kid for key in pending]))
    return sorted(rows, key=lambda row: (row.person.full_name, row.since_ms))


@dataclass(frozen=True, slots=True)
class Crowded:
    """A slip by which more phones came than one person has: who holds it, how many wait, and who was set apart."""

    slip: int
    person: Person
    count: int
    apart: frozenset[str]


def crowded_slips(people: QuerySet[Person]) -> list[Crowded]:
    """Slips of these people that somebody else seems to have, too. The first phones stand with the others; those behind
    are set apart, so that nobody confirms them in passing. One query, three where there are any.
    """
    limit = HERE.settings.slip_keys
    waiting = _pending().filter(person__in=people.values("number"))
    counts = dict(waiting.order_by().values_list("slip").annotate(n=Count("pk")).filter(n__gt=limit))
    if not counts:
        return []
    kids: dict[int, list[str]] = {}
    owners: dict[int, int] = {}
    rows = waiting.filter(slip__in=counts).order_by("first_seen_ms", "kid")
    for slip, kid, person in rows.values_list("slip", "kid", "person"):
        kids.setdefault(slip, []).append(kid)
        owners[slip] = person
    by_number = people.in_bulk(set(owners.values()))
    found = [
        Crowded(slip, by_number[owners[slip]], count, frozenset(kids[slip][limit:])) for slip, count in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.count, one.slip))


def apart_keys(crowded: Crowded) -> QuerySet[SeenKey]:
    """Those that were set apart, in the order in which they came."""
    return _pending().filter(kid__in=listed(crowded.apart)).order_by("first_seen_ms", "kid")


def described_pending(keys: Sequence[SeenKey], person: Person) -> list[KeyRow]:
    """One page of a person's keys that wait. Two queries."""
    return _waiting_rows(keys, {person.number: person}, _taps([key.kid for key in keys]))


def decided_devices(people: QuerySet[Person], text: str) -> QuerySet[Device]:
    """Keys of these people on which it has, those that sign today first; `text` is a part of a name or of the key."""
    found = Device.objects.filter(person__in=people.values("number")).select_related("person")
    if text:
        found = found.filter(Q(person__full_name__icontains=text) | Q(kid__startswith=text))
    return found.order_by(F("until_ms").desc(nulls_first=True), "person__full_name", "from_ms", "kid")


def described(devices: Sequence[Device]) -> list[KeyRow]:
    """One page of them with their taps. One query."""
    return _decided_rows(devices, _taps([device.kid for device in devices]))


def key_in_sight(actor: Actor, rule: Rule, kid: str, day: date) -> KeyRow:
    """One key of somebody in sight, or 404 as if there were none."""
    owner = SeenKey.objects.filter(kid=kid).values_list("person", flat=True).first()
    owner = Device.objects.filter(kid=kid).values_list("person", flat=True).first() or owner
    rows = keys_of(people_in_sight(actor, rule, day, ahead=True).filter(number=owner)) if owner else []
    row = next((row for row in rows if row.kid == kid), None)
    if row is None:
        raise Http404
    return row


def slips_of(people: QuerySet[Person]) -> QuerySet[Slip]:
    used = SeenKey.objects.filter(slip=OuterRef("number"))
    return Slip.objects.filter(person__in=people).select_related("person").annotate(is_used=Exists(used))


def is_used(slip: Slip) -> bool:
    """Whether a phone came in by this slip of `slips_of`."""
    return bool(vars(slip)["is_used"])


def newest_slips(people: QuerySet[Person]) -> dict[int, Slip]:
    """Person -> the slip that nothing has replaced."""
    return {slip.person_id: slip for slip in slips_of(people).filter(replaced_by=None).order_by("number")}


def active_phones(people: QuerySet[Person]) -> dict[int, int]:
    """Person -> how many confirmed phones he has."""
    rows = Device.objects.filter(person__in=people, until_ms=None).values("person").annotate(n=Count("pk"))
    return {row["person"]: row["n"] for row in rows}


def waiting_for_decision(paths: Sequence[str], day: date) -> int:
    """How many keys of these subtrees wait for the office: the actor's open tasks."""
    return _pending().filter(person__in=people_below(paths, day, ahead=True).values("number")).count()


def _pending() -> QuerySet[SeenKey]:
    return SeenKey.objects.filter(~Exists(Device.objects.filter(kid=OuterRef("kid"))))


def _taps(kids: Sequence[str]) -> _Taps:
    rows = Punch.objects.filter(kid__in=kids).values_list("kid").annotate(taps=Count("pk"), last=Max("judged_ms"))
    return {kid: (taps, last_ms) for kid, taps, last_ms in rows}


def _waiting_rows(keys: Sequence[SeenKey], people: Mapping[int, Person], taps: _Taps) -> list[KeyRow]:
    replaced = Slip.objects.filter(number__in=[key.slip for key in keys if key.slip], replaced_by__isnull=False)
    since = dict(replaced.values_list("number", "replaced_by__issued_at_ms"))
    old = {key.kid for key in keys if key.slip in since and key.first_seen_ms > since[key.slip]}
    return [
        KeyRow(
            key.kid, people[key.person], DeviceState.PENDING, key.slip, key.first_seen_ms, None,
            *taps.get(key.kid, _NEVER), is_by_old_slip=key.kid in old,
        )
        for key in keys
    ]  # fmt: skip


def _decided_rows(devices: Sequence[Device], taps: _Taps) -> list[KeyRow]:
    return [
        KeyRow(
            one.kid, one.person, DeviceState(one.state), one.slip_id, one.from_ms, one.until_ms,
            *taps.get(one.kid, _NEVER),
        )
        for one in devices
    ]  # fmt: skip


# --- now, or as known by an earlier moment ----------------------------------------------------------------------------


class HeldKey(NamedTuple):
    """What the office decided on a key. Its row keeps the last decision; the ones before it stand in their records."""

    person_id: int
    from_ms: int
    until_ms: int | None

    @property
    def is_active(self) -> bool:
        return self.until_ms is None


def held_keys(kids: Iterable[str], known_at_ms: int | None = None) -> dict[str, HeldKey]:
    """Of these keys, those on which the office has decided, or had by then. One query, or two."""
    return _held(Device.objects.filter(kid__in=set(kids)), known_at_ms)


def held_by(people: Iterable[int], known_at_ms: int | None = None) -> dict[str, HeldKey]:
    """The same, of these people's keys."""
    return _held(Device.objects.filter(person__in=set(people)), known_at_ms)


def _held(devices: QuerySet[Device], known_at_ms: int | None) -> dict[str, HeldKey]:
    rows = list(devices.values_list("kid", "person", "from_ms", "until_ms", "decided_at_ms"))
    found = {kid: HeldKey(person, from_ms, until_ms) for kid, person, from_ms, until_ms, _ in rows}
    if known_at_ms is None:
        return found
    later = {kid: person for kid, person, _, _, decided_ms in rows if decided_ms > known_at_ms}
    confirmed = _confirmed_by(known_at_ms, later.values()) if later else set()
    for kid in later:
        held = found.pop(kid)
        if kid in confirmed:  # What came later took it away.
            found[kid] = held._replace(until_ms=None)
    return found


def _confirmed_by(known_at_ms: int, people: Iterable[int]) -> set[str]:
    records = OutboxRow.objects.filter(act=_ENROL, person__in=set(people), at_ms__lte=known_at_ms)
    objects = (
        msgspec.json.decode(bytes(body), type=Decision).object for body in records.values_list("body", flat=True)
    )
    return {about.removeprefix("device/") for about in objects}
