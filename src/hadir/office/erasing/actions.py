"""Asking that details be erased, and agreeing to it. Each is one act; the list that gates read is signed anew."""

from datetime import date
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.erasing.models import Erasure, ErasureState
from hadir.office.erasing.permissions import ERASE
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.roles import ActBy, Actor, Thing, may
from hadir.office.units.models import Unit
from hadir.records.note import Signer
from hadir.records.office_notes import ERASURES_NOTE, ErasureList, ListedErasure
from hadir.rules.clocks import local_day
from hadir.site import write_durably


@transaction.atomic
def ask_erasure(*, before: date, by: ActBy) -> Erasure:
    """Propose to erase the locations and photos of taps from before that day. Nothing happens until another agrees."""
    _check(by.actor)
    if before > HERE.day_at(by.at_ms):
        raise ActError("erasing.trouble.future", field="before")
    row = Erasure(
        before=before, before_ms=local_day(before, HERE.site.zone).from_ms, asked_by_id=by.number, asked_at_ms=by.at_ms
    )
    by = by.reasoned("excuse.trouble.reason_needed")
    row.save()
    row.record = _write(row, "erasure.ask", by=by)
    row.save(update_fields=["record"])
    write_rows(row.record, row)
    return row


@transaction.atomic
def agree_to_erasure(*, number: int, by: ActBy) -> Erasure:
    """From now on it holds, and cannot be taken back: the gate erases."""
    _check(by.actor)
    row = _open(number)
    if row.asked_by_id == by.number:
        raise ActError("erasing.trouble.another_person")
    return _decide(row, ErasureState.AGREED, "erasure.agree", by=by)


@transaction.atomic
def refuse_erasure(*, number: int, by: ActBy) -> Erasure:
    """Let nothing come of it. Whoever asked may take it back."""
    _check(by.actor)
    return _decide(_open(number), ErasureState.REFUSED, "erasure.refuse", by=by)


def publish_erasures(folder: Path, office: Signer) -> bool:
    """Sign the list of all erasures that hold, if it is not there as it must be. Whether it was written."""
    rows = Erasure.objects.filter(state=ErasureState.AGREED).order_by("number").values_list("number", "before_ms")
    listed = ErasureList(tuple(ListedErasure(number, before_ms) for number, before_ms in rows))
    file = folder / ERASURES_NOTE
    note = listed.sign(office)
    if not listed.erasures or (file.exists() and file.read_text(encoding="utf-8") == note):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(file, note, mode=0o644)
    return True


def may_erase(by: Actor) -> bool:
    """Erasing reaches everybody: only who answers for the whole site decides on it."""
    top = Unit.objects.filter(parent=None).values_list("path", flat=True)
    return bool(top) and all(may(by, ERASE, Thing(paths=(path,))) for path in top)


def _check(by: Actor) -> None:
    if not may_erase(by):
        raise PermissionDenied


def _open(number: int) -> Erasure:
    row = Erasure.objects.select_for_update(of=("self",)).get(number=number)
    if row.state != ErasureState.ASKED:
        raise ActError("erasing.trouble.already_decided")
    return row


def _decide(row: Erasure, state: ErasureState, act: str, *, by: ActBy) -> Erasure:
    by = by.reasoned("excuse.trouble.reason_needed")
    row.state, row.decided_by_id, row.decided_at_ms = state, by.number, by.at_ms
    row.save(update_fields=["state", "decided_by", "decided_at_ms"])
    write_rows(_write(row, act, by=by), row)
    return row


def _write(row: Erasure, act: str, *, by: ActBy) -> OutboxRow:
    told = f"{row.state} details before {row.before.isoformat()} {row.before_ms}"
    return write_decision(by=by, act=act, about=f"erasure/{row.number}", after=told)
