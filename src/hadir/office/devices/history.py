"""What the office had decided on keys, now or by an earlier moment.

A device's row keeps the last decision only; the ones before it stand in their records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from django.db.models import QuerySet

from hadir.office.acts.models import OutboxRow
from hadir.office.devices.models import Device
from hadir.records.server_records import Decision

_ENROL = "device.enrol"


class HeldKey(NamedTuple):
    """What the office decided on a key."""

    person_id: int
    from_ms: int
    until_ms: int | None

    @property
    def is_active(self) -> bool:
        return self.until_ms is None


def held_keys(kids: Iterable[str], known_at_ms: int | None = None) -> dict[str, HeldKey]:
    """Of these keys, those on which the office has decided, or had by then. One query, or two."""
    return _held(Device.objects.filter(kid__in=set(kids)), known_at_ms)


def keys_of(people: Iterable[int], known_at_ms: int | None = None) -> dict[str, HeldKey]:
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
