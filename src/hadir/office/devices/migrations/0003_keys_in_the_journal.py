"""One act for each device on which the office had decided before its acts told of keys: the key goes into the journal."""

from itertools import islice

from django.db import migrations

from hadir.office.ground.ids import uuid8
from hadir.office.ground.installation import HERE
from hadir.records.device_acts import DeviceSaid
from hadir.records.encoding import sha256
from hadir.records.kinds import Kind
from hadir.records.server_records import Decision
from hadir.records.strict import encode

AT_ONCE = 5_000
NOBODY = 0
"""Programs act by themselves here only: no person decided anything."""


def tell_keys(apps, schema_editor):
    device, outbox = apps.get_model("devices", "Device"), apps.get_model("acts", "OutboxRow")
    told = iter(device.objects.order_by("kid").iterator(AT_ONCE))
    while some := list(islice(told, AT_ONCE)):
        rows = [row_of(outbox, one, HERE.clock.now_ms()) for one in some]
        outbox.objects.bulk_create(rows, ignore_conflicts=True)  # the same act has the same id


def row_of(outbox, device, now_ms):
    state = "active" if device.until_ms is None else "refused" if device.until_ms == device.from_ms else "revoked"
    said = DeviceSaid(
        state=state,
        person=device.person_id,
        slip=device.slip_id,
        from_ms=device.from_ms,
        until_ms=device.until_ms,
        key=bytes(device.key),
    )
    record = Decision(
        v=1,
        id=uuid8(sha256(f"device.key/{device.kid}".encode())),
        by=NOBODY,
        at_ms=now_ms,
        act="device.key",
        object=f"device/{device.kid}",
        before=None,
        after=said.text,
        reason=None,
        basis=None,
    )
    body = encode(record)
    return outbox(
        record_id=record.id,
        kind=Kind.DECISION,
        body=body,
        body_hash=sha256(body).hex(),
        at_ms=now_ms,
        by=NOBODY,
        person=device.person_id,
        act=record.act,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0002_slip_runs"),
        ("acts", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(tell_keys, migrations.RunPython.noop),
    ]
