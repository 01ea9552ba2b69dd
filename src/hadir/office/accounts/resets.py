"""A lost factor: one person asks that it be reset, another one does it; at the machine, whoever holds the machine.

A reset removes every factor and backup code, ends all sessions and forgets all browsers. What comes instead is one code
on paper, good for a week: with it and the password its owner logs in once, to add another factor and for nothing else.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.accounts.actions import may_reset
from hadir.office.accounts.factors import forget_secret, hand_over, live_factors, removed, tell_rows
from hadir.office.accounts.models import AccountNote, BackupCode, FactorReset, ResetState, User
from hadir.office.accounts.sessions import end_all
from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.roles import RESET_PASSWORD, Actor

HANDED_OVER_MS_MAX = 7 * 24 * 3_600_000


@transaction.atomic
def ask_reset(*, user: User, by: Actor, day: date, at_ms: int, reason: str) -> FactorReset:
    """Ask that somebody's lost factor be reset. ActError."""
    if not may_reset(by, user, day):
        raise PermissionDenied
    if not reason.strip():
        raise ActError("password.no_reason", field="reason")
    if not user.asks_factor:
        raise ActError("factors.trouble.none")
    if asked_reset(user) is not None:
        raise ActError("factors.trouble.asked")
    assert by.person is not None
    record = _decide(user, "factor.reset_ask", by=by.person, at_ms=at_ms, reason=reason)
    AccountNote.objects.create(user=user, at_ms=at_ms, what="reset_asked", by_id=by.person)
    row = FactorReset.objects.create(user=user, asked_by_id=by.person, asked_at_ms=at_ms, asked_record=record)
    write_rows(record, row)
    return row


@transaction.atomic
def agree_reset(*, user: User, by: Actor, day: date, at_ms: int) -> str:
    """Do what another person asked. Returns the code to hand over, told once. ActError."""
    row = _answered(user, by, day, at_ms, ResetState.DONE)
    if row.asked_by_id == by.person:
        raise ActError("factors.trouble.same")
    assert by.person is not None
    record = _decide(user, "factor.reset", by=by.person, at_ms=at_ms, basis=f"reset/{row.pk}")
    write_rows(record, row)
    return _reset(user, record)


@transaction.atomic
def refuse_reset(*, user: User, by: Actor, day: date, at_ms: int) -> None:
    """Answer that nothing is reset; whoever asked may take it back so, too."""
    row = _answered(user, by, day, at_ms, ResetState.REFUSED)
    assert by.person is not None
    write_rows(_decide(user, "factor.reset_refuse", by=by.person, at_ms=at_ms, basis=f"reset/{row.pk}"), row)


@transaction.atomic
def reset_at_machine(*, user: User, by: int, at_ms: int, reason: str) -> str:
    """For the last one, who has nobody else: `by` is who sits at the machine. Returns the code to hand over."""
    if not reason.strip():
        raise ActError("password.no_reason", field="reason")
    FactorReset.objects.filter(user=user, state=ResetState.ASKED).update(
        state=ResetState.DONE, answered_by=by, answered_at_ms=at_ms
    )
    record = _decide(user, "factor.reset", by=by, at_ms=at_ms, reason=reason, basis="machine")
    write_rows(record, FactorReset.objects.filter(user=user))
    return _reset(user, record)


def resets_to_answer(by: Actor, day: date) -> list[FactorReset]:
    """What others asked and this person may agree to. One query where nothing is asked."""
    if not by.paths(RESET_PASSWORD.roles):
        return []
    asked = FactorReset.objects.filter(state=ResetState.ASKED).exclude(asked_by=by.person).order_by("asked_at_ms")
    return [row for row in asked.select_related("user__person") if may_reset(by, row.user, day)]


def asked_reset(user: User) -> FactorReset | None:
    open_ones = FactorReset.objects.filter(user=user, state=ResetState.ASKED)
    return open_ones.select_related("asked_by", "asked_record").first()


def _answered(user: User, by: Actor, day: date, at_ms: int, state: ResetState) -> FactorReset:
    if not may_reset(by, user, day):
        raise PermissionDenied
    row = FactorReset.objects.select_for_update().filter(user=user, state=ResetState.ASKED).first()
    if row is None:
        raise ActError("factors.trouble.stale")
    row.state, row.answered_by_id, row.answered_at_ms = state, by.person, at_ms
    row.save(update_fields=["state", "answered_by", "answered_at_ms"])
    return row


def _reset(user: User, record: OutboxRow) -> str:
    at_ms = record.at_ms
    for row in live_factors(user):
        forget_secret(row, at_ms)
    gone = removed(BackupCode.objects.filter(user=user))
    code = hand_over(user, at_ms=at_ms, until_ms=at_ms + HANDED_OVER_MS_MAX)
    user.asks_factor = user.must_add_factor = True
    user.save(update_fields=["asks_factor", "must_add_factor"])
    end_all(user, at_ms=at_ms)
    AccountNote.objects.create(user=user, at_ms=at_ms, what="factor_reset", by_id=record.by)
    tell_rows(record, user, gone)
    return code


def _decide(  # noqa: PLR0913 - a record has as many members
    user: User, act: str, *, by: int, at_ms: int, reason: str | None = None, basis: str | None = None
) -> OutboxRow:
    return write_decision(
        by=by,
        at_ms=at_ms,
        act=act,
        about=f"account/{user.pk}",
        person=user.person_id,
        reason=reason.strip() if reason else None,
        basis=basis,
    )
