"""Recording who was present on paper.

1. Keep the photo of the signed sheet beside the office's journal, durable, under its salted digest.
2. Write the record (kind 8) that names the digest, and the sheet's row, in one transaction.

A crash in between leaves a photo that no record names, and nothing else.
"""

import secrets
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.ledger.details import MAX_DETAIL_BYTES, SALT_BYTES, Detail, DetailStore
from hadir.office.acts.actions import write_decision, write_manual_list
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.manual.models import ManualSheet
from hadir.office.manual.permissions import RECORD_MANUAL, WITHDRAW_MANUAL
from hadir.office.manual.queries import listed
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.projection.models import Punch
from hadir.office.roles import ActBy, Actor, Rule, Thing, may
from hadir.office.units.models import Unit
from hadir.records.encoding import b64url, sha256
from hadir.records.server_records import ManualEntry, ManualList
from hadir.records.strict import encode

PHOTO_BYTES_MAX = MAX_DETAIL_BYTES - SALT_BYTES
_PHOTOS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    unit: Unit
    day: date
    entries: Sequence[ManualEntry]
    why: str
    photo: bytes


def record_list(*, sheet: Sheet, by: ActBy) -> ManualSheet:
    """Record the sheet. Its presences count with the evidence of paper: the attester's word."""
    _check(by.actor, RECORD_MANUAL, sheet.unit, {entry.person for entry in sheet.entries})
    _check_sheet(sheet, by.at_ms)
    salted = secrets.token_bytes(SALT_BYTES) + sheet.photo
    digest = sha256(salted)
    record = ManualList(
        v=1, unit=sheet.unit.number, attester=by.number, sheet=b64url(digest), entries=list(sheet.entries)
    )
    record_hash = sha256(encode(record))
    with closing(DetailStore(HERE.site.journal_folder("office"))) as store:
        store.put([Detail(digest=digest, record_hash=record_hash, salted=salted)])
    with transaction.atomic():
        row = ManualSheet.objects.create(
            unit=sheet.unit,
            attester_id=by.number,
            day=sheet.day,
            people=len({entry.person for entry in sheet.entries}),
            recorded_at_ms=by.at_ms,
            record=write_manual_list(record, at_ms=by.at_ms),
            record_hash=b64url(record_hash),
            sheet=record.sheet,
            why=sheet.why,
        )
        write_rows(row.record, row)
    return row


@transaction.atomic
def withdraw_list(*, number: int, by: ActBy) -> ManualSheet:
    """By another record: its presences stay visible and count no more."""
    row = ManualSheet.objects.select_for_update(of=("self",)).select_related("unit", "record").get(number=number)
    _check(by.actor, WITHDRAW_MANUAL, row.unit, {entry.person for entry in listed(row).entries})
    if row.is_withdrawn:
        raise ActError("manual.trouble.already_withdrawn")
    by = by.reasoned("excuse.trouble.reason_needed")
    row.withdrawn_by_id = by.number
    row.withdrawal = write_decision(
        by=by, act="manual.withdraw", about=f"manual/{row.number}", before=row.record_hash, after="withdrawn"
    )
    row.save(update_fields=["withdrawn_by", "withdrawal"])
    write_rows(row.withdrawal, row)
    mark_dirty(Punch.objects.filter(kid=row.record_hash).values_list("person", "day"))
    return row


def media_type(photo: bytes) -> str | None:
    """What kind of picture the bytes begin like; None for anything else."""
    return next((kind for magic, kind in _PHOTOS.items() if photo.startswith(magic)), None)


def _check(by: Actor, rule: Rule, unit: Unit, people: set[int]) -> None:
    if not may(by, rule, Thing(paths=(unit.path,))):
        raise PermissionDenied
    if by.person in people:
        raise ActError("manual.trouble.not_yourself")


def _check_sheet(sheet: Sheet, at_ms: int) -> None:
    if not sheet.entries:
        raise ActError("manual.trouble.nobody", field="people")
    if any(entry.at_ms > at_ms for entry in sheet.entries):
        raise ActError("manual.trouble.not_yet", field="at")
    if media_type(sheet.photo) is None:
        raise ActError("manual.trouble.no_photo", field="photo")
    if len(sheet.photo) > PHOTO_BYTES_MAX:
        raise ActError("manual.trouble.photo_too_large", field="photo")
