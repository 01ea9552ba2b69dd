from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Subquery

from hadir.office.acts.actions import decision, write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.devices.models import Device, Slip, SlipRun
from hadir.office.devices.permissions import DECIDE_DEVICE, ISSUE_SLIP
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.rows import put_rows
from hadir.office.people.models import Person
from hadir.office.people.queries import thing_of, things_of
from hadir.office.projection.invalidation import mark_key_dirty
from hadir.office.projection.models import SeenKey
from hadir.office.roles import ActBy, Rule, may
from hadir.office.units.models import Unit
from hadir.records.days import day_number
from hadir.records.note import Signer
from hadir.records.server_records import DeviceSaid
from hadir.records.voucher import Voucher

SLIP_VALID_DAYS = 30


@transaction.atomic
def issue_slip(*, person: Person, by: ActBy, office: Signer) -> Slip:
    """A slip whose voucher lets one phone record for `person` until the office has looked at its key."""
    return _issue([person], by=by, office=office)[0]


@transaction.atomic
def issue_slips(*, people: Sequence[Person], unit: Unit, by: ActBy, office: Signer) -> SlipRun:
    """A slip for each of these people, to be printed in one go; each is an act of its own."""
    run = SlipRun.objects.create(unit=unit, by_id=by.number, at_ms=by.at_ms)
    _issue(people, by=by, office=office, run=run)
    return run


def _issue(people: Sequence[Person], *, by: ActBy, office: Signer, run: SlipRun | None = None) -> list[Slip]:
    """The newest slip of a person replaces all that were before it."""
    _check_all(by, ISSUE_SLIP, people)
    last_day = HERE.day_at(by.at_ms) + timedelta(days=SLIP_VALID_DAYS)
    slips = Slip.objects.bulk_create(
        [
            Slip(person=person, last_valid_day=last_day, issued_by_id=by.number, issued_at_ms=by.at_ms, run=run)
            for person in people
        ]
    )
    for slip in slips:
        voucher = Voucher(person=slip.person_id, slip=slip.number, last_day=day_number(last_day))
        slip.voucher = voucher.issue(office)
    Slip.objects.bulk_create(slips, update_conflicts=True, unique_fields=["number"], update_fields=["voucher"])
    newest = Slip.objects.filter(pk__in=[slip.pk for slip in slips], person=OuterRef("person")).values("pk")
    older = Slip.objects.filter(person__in=people, replaced_by=None).exclude(pk__in=[slip.pk for slip in slips])
    replaced = list(older)
    older.update(replaced_by=Subquery(newest))
    acts = [
        decision(
            by=by,
            act="slip.issue",
            about=f"slip/{slip.number}",
            person=slip.person_id,
            after=f"person/{slip.person_id} until {last_day.isoformat()}",
        )
        for slip in slips
    ]
    put_rows(acts)
    if acts:
        write_rows(acts[0], run, *slips, *replaced)
    return slips


@transaction.atomic
def enrol_devices(*, keys: Mapping[str, Person], replace: bool, by: ActBy) -> list[Device]:
    """Confirm many keys, each with an act of its own and the same reason. With `replace`, the phones that the same
    people had before are revoked.

    A key on which somebody has decided meanwhile is left as it is. PermissionDenied, and nothing done, if one is not
    the actor's to decide on.
    """
    by = by.reasoned("devices.reason_needed")
    _check_all(by, DECIDE_DEVICE, list(keys.values()))
    decided = set(Device.objects.filter(kid__in=keys).values_list("kid", flat=True))
    seen = set(SeenKey.objects.filter(kid__in=keys).values_list("kid", "person"))
    open_keys = [kid for kid, person in keys.items() if kid not in decided and (kid, person.number) in seen]
    before = Device.objects.filter(person__in={keys[kid] for kid in open_keys}, until_ms=None)
    earlier = list(before.select_related("person")) if replace else []
    devices = [enrol_device(kid=kid, person=keys[kid], by=by) for kid in open_keys]
    for device in earlier:
        revoke_device(kid=device.kid, person=device.person, by=by)
    return devices


@transaction.atomic
def enrol_device(*, kid: str, person: Person, by: ActBy) -> Device:
    """Confirm a key that was seen with a voucher. What it has signed since its slip counts without a question."""
    seen = _undecided(kid, person)
    _check(by, person)
    slip = Slip.objects.filter(number=seen.slip, person=person).first()
    from_ms = min(seen.first_seen_ms, slip.issued_at_ms if slip else seen.first_seen_ms)
    device = Device.objects.create(
        kid=kid, key=bytes(seen.key), person=person, slip=slip, from_ms=from_ms, until_ms=None, decided_at_ms=by.at_ms
    )
    _write(device, "device.enrol", by=by, before="pending")
    return device


@transaction.atomic
def refuse_device(*, kid: str, person: Person, by: ActBy) -> Device:
    """Decide that a key seen with a voucher is not this person's: what it signed does not count."""
    seen = _undecided(kid, person)
    _check(by, person)
    device = Device.objects.create(
        kid=kid,
        key=bytes(seen.key),
        person=person,
        slip=Slip.objects.filter(number=seen.slip, person=person).first(),
        from_ms=seen.first_seen_ms,
        until_ms=seen.first_seen_ms,
        decided_at_ms=by.at_ms,
    )
    _write(device, "device.refuse", by=by.reasoned("devices.reason_needed"), before="pending")
    return device


@transaction.atomic
def revoke_device(*, kid: str, person: Person, by: ActBy) -> Device:
    """From this moment the key's taps are still taken and receipted, but flagged, and do not count."""
    device = Device.objects.select_for_update().get(kid=kid, person=person)
    _check(by, person)
    if not device.is_active:
        raise ActError("devices.not_active")
    device.until_ms = max(by.at_ms, device.from_ms + 1)
    device.decided_at_ms = by.at_ms
    device.save(update_fields=["until_ms", "decided_at_ms"])
    _write(device, "device.revoke", by=by.reasoned("devices.reason_needed"), before="active")
    return device


def _undecided(kid: str, person: Person) -> SeenKey:
    if Device.objects.filter(kid=kid).exists():
        raise ActError("devices.already_decided")
    return SeenKey.objects.select_for_update().get(kid=kid, person=person.number)


def _check(by: ActBy, person: Person) -> None:
    if not may(by.actor, DECIDE_DEVICE, thing_of(person, HERE.day_at(by.at_ms), ahead=True)):
        raise PermissionDenied


def _check_all(by: ActBy, rule: Rule, people: Sequence[Person]) -> None:
    things = things_of({person.number for person in people}, HERE.day_at(by.at_ms), ahead=True)
    if by.actor.person is None or not all(may(by.actor, rule, thing) for thing in things.values()):
        raise PermissionDenied


def said_of(device: Device) -> str:
    """The device as its act journals it: with its key, by which anybody can check what it signs."""
    return DeviceSaid(
        state=device.state,
        person=device.person_id,
        slip=device.slip_id,
        from_ms=device.from_ms,
        until_ms=device.until_ms,
        key=bytes(device.key),
    ).text


def _write(device: Device, act: str, *, by: ActBy, before: str) -> None:
    record = write_decision(
        by=by, act=act, about=f"device/{device.kid}", person=device.person_id, before=before, after=said_of(device)
    )
    write_rows(record, device)
    mark_key_dirty(device.kid, holder=device.person_id)
