"""What people do with an edition of the rules: propose that it be accepted, accept it as the second, or take that back.

Nothing in a verdict changes before two have acted. Then the milder readings take the place of the older ones, and what
is dearer holds from then on: the days before keep what they were (`months.older`).
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.months.editions import counted, differing, list_digest
from hadir.office.months.models import Edition, EditionState
from hadir.office.months.permissions import may_accept
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.roles import ActBy


@transaction.atomic
def propose_edition(*, number: int, by: ActBy) -> Edition:
    """Say that its list was read and may be accepted. Nothing changes until another person agrees."""
    row = _open(number, by)
    if row.state != EditionState.WAITING:
        raise ActError("months.trouble.edition_asked")
    row.state, row.asked_by_id, row.asked_at_ms = EditionState.ASKED, by.number, by.at_ms
    return _write(row, "ask", by)


@transaction.atomic
def accept_edition(*, number: int, by: ActBy) -> Edition:
    """From now on it holds: milder readings replace, dearer ones count for days to come alone."""
    row = _open(number, by)
    if row.state != EditionState.ASKED:
        raise ActError("months.trouble.edition_not_asked")
    if row.asked_by_id == by.number:
        raise ActError("months.trouble.edition_second")
    row.state, row.accepted_by_id, row.accepted_at_ms = EditionState.ACCEPTED, by.number, by.at_ms
    mark_dirty(differing(row).values_list("person", "day"))
    return _write(row, "accept", by)


@transaction.atomic
def keep_waiting(*, number: int, by: ActBy) -> Edition:
    """Take the proposal back, one's own or another's: the older verdicts go on holding."""
    row = _open(number, by)
    if row.state != EditionState.ASKED:
        raise ActError("months.trouble.edition_not_asked")
    row.state, row.asked_by_id, row.asked_at_ms = EditionState.WAITING, None, None
    return _write(row, "refuse", by)


def _open(number: int, by: ActBy) -> Edition:
    if not may_accept(by.actor):
        raise PermissionDenied
    row = Edition.objects.select_for_update(of=("self",)).get(number=number)
    if row.state == EditionState.ACCEPTED or row != Edition.objects.first():
        raise ActError("months.trouble.edition_decided")
    return row


def _write(row: Edition, act: str, by: ActBy) -> Edition:
    """The record names the list that was read, so that nobody can say that it was another."""
    by = by.reasoned("excuse.trouble.reason_needed")
    row.save()
    told = " ".join(f"{change}/{count}" for change, count in sorted(counted(row).items()))
    record = write_decision(
        by=by, act=f"edition.{act}", about=f"edition/{row.number}",
        after=f"{row.state} {told} list/{list_digest(row)} rules/{row.digest}",
    )  # fmt: skip
    write_rows(record, row)
    return row
