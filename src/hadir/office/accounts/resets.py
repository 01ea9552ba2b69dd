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
from hadir.office.roles import RESET_PASSWORD, ActBy, Actor

HANDED_OVER_MS_MAX = 7 * 24 * 3_600_000


@transaction.atomic
def ask_reset(*, user: User, by: ActBy, day: date) -> FactorReset:
    """Ask that somebody's lost factor be reset. ActError."""
    if not may_reset(by.actor, user, day):
        raise PermissionDenied
    by = by.reasoned("password.no_reason")
    if not user.asks_factor:
        raise ActError("factors.trouble.none")
    if asked_reset(user) is not None:
        raise ActError("factors.trouble.asked")
    record = _decide(user, "factor.reset_ask", by=by)
    AccountNote.objects.create(user=user, at_ms=by.at_ms, what="reset_asked", by_id=by.number)
    row = FactorReset.objects.create(user=user, asked_by_id=by.number, asked_at_ms=by.at_ms, asked_record=record)
    write_rows(record, row)
    return row


@transaction.atomic
def agree_reset(*, user: User, by: ActBy, day: date) -> str:
    """Do what another person asked. Returns the code to hand over, told once. ActError."""
    row = _answered(user, by.actor, day, by.at_ms, ResetState.DONE)
    if row.asked_by_id == by.number:
        raise ActError("factors.trouble.same")
    record = _decide(user, "factor.reset", by=by, basis=f"reset/{row.pk}")
    write_rows(record, row)
    return _reset(user, record)


@transaction.atomic
def refuse_reset(*, user: User, by: ActBy, day: date) -> None:
    """Answer that nothing is reset; whoever asked may take it back so, too."""
    row = _answered(user, by.actor, day, by.at_ms, ResetState.REFUSED)
    write_rows(_decide(user, "factor.reset_refuse", by=by, basis=f"reset/{row.pk}"), row)


@transaction.atomic
def reset_at_machine(*, user: User, by: ActBy) -> str:
    """For the last one, who has nobody else: `by` is who sits at the machine. Returns the code to hand over."""
    by = by.reasoned("password.no_reason")
    FactorReset.objects.filter(user=user, state=ResetState.ASKED).update(
        state=ResetState.DONE, answered_by=by.number, answered_at_ms=by.at_ms
    )
    record = _decide(user, "factor.reset", by=by, basis="machine")
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


def _decide(user: User, act: str, *, by: ActBy, basis: str | None = None) -> OutboxRow:
    return write_decision(
        by=by,
        act=act,
        about=f"account/{user.pk}",
        person=user.person_id,
        basis=basis,
    )
