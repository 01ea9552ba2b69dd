"""Second factors: added and removed by their owner, what proves one, and a lost one reset. Each change is an act.

A lost factor: one person asks that it be reset, another one does it; at the machine, whoever holds the machine. A reset
removes every factor and backup code, ends all sessions and forgets all browsers. What comes instead is one code on
paper, good for a week: with it and the password its owner logs in once, to add another factor and for nothing else.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from hadir.office.accounts.actions import account_act, may_reset, typeable
from hadir.office.accounts.app_codes import DIGITS, matching_step
from hadir.office.accounts.models import AccountNote, BackupCode, Factor, FactorKind, FactorReset, ResetState, User
from hadir.office.accounts.sealing import SALT_BYTES, SealError, salted_digest, seal, unseal
from hadir.office.accounts.sessions import end_all
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.roles import RESET_PASSWORD, ActBy, Actor
from hadir.records.encoding import b64url, sha256

BACKUP_CODES = 10
FACTORS_MAX = 10
HANDED_OVER_MS_MAX = 7 * 24 * 3_600_000
_CODE_BYTES = 10
"""80 bits in four groups of four: nobody guesses one, so a plain digest keeps it."""
_CODE_LENGTH_MAX = 60
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1"})


def live_factors(user: User) -> QuerySet[Factor]:
    return Factor.objects.filter(user=user, removed_at_ms=None)


def codes_left(user: User) -> int:
    return BackupCode.objects.filter(user=user, used_at_ms=None, until_ms=None).count()


@transaction.atomic
def add_app(*, user: User, seed: bytes, code: str, code_ms: int, at_ms: int) -> list[str]:
    """Add the app that shows this code now. Returns backup codes if the account had none. ActError.

    `code_ms` is the time by which apps count: the machine's, also in a rehearsal that lives by another.
    """
    step = matching_step(seed, _plain(code), at_ms=code_ms, after_step=0)
    if step is None:
        raise ActError("factors.trouble.code", field="code")
    row = _new(user, FactorKind.APP, seed, at_ms)
    row.sealed, row.used_step = seal(seed, _sealed_for(user)), step
    return _add(row, at_ms)


@transaction.atomic
def add_key(*, user: User, credential: bytes, uses: int, name: str, at_ms: int) -> list[str]:
    """Add a security key. Returns backup codes if the account had none. ActError."""
    row = _new(user, FactorKind.KEY, credential, at_ms)
    row.credential, row.uses, row.name = credential, uses, name.strip()[:60]
    return _add(row, at_ms)


def _new(user: User, kind: FactorKind, secret: bytes, at_ms: int) -> Factor:
    if live_factors(user).count() >= FACTORS_MAX:
        raise ActError("factors.trouble.many")
    salt = secrets.token_bytes(SALT_BYTES)
    return Factor(user=user, kind=kind, salt=salt, digest=salted_digest(salt, secret), added_at_ms=at_ms)


def _add(row: Factor, at_ms: int) -> list[str]:
    user = row.user
    row.save(force_insert=True)
    record = account_act(user, "factor.add", by=ActBy.of(user.person_id, at_ms), after=_said(row))
    gone = _removed(BackupCode.objects.filter(user=user).exclude(until_ms=None))
    user.asks_factor, user.must_add_factor = True, False
    user.save(update_fields=["asks_factor", "must_add_factor"])
    _tell_rows(record, user, gone)
    return [] if codes_left(user) else make_codes(user=user, at_ms=at_ms)


@transaction.atomic
def make_codes(*, user: User, at_ms: int) -> list[str]:
    """Ten new backup codes, told once; those from before are valid no more."""
    gone = _removed(BackupCode.objects.filter(user=user, until_ms=None))
    codes = [typeable(_CODE_BYTES) for _ in range(BACKUP_CODES)]
    rows = [_keep_code(user, code, at_ms) for code in codes]
    digest = b64url(sha256("".join(row.digest for row in rows).encode()))
    _tell_rows(
        account_act(user, "factor.codes", by=ActBy.of(user.person_id, at_ms), after=f"codes/{BACKUP_CODES} {digest}"),
        user,
        gone,
    )
    return codes


def _removed(codes: QuerySet[BackupCode]) -> list[BackupCode]:
    """Remove them; for whoever tells of it."""
    gone = list(codes)
    codes.delete()
    return gone


def _tell_rows(record: OutboxRow, user: User, gone: Sequence[BackupCode] = ()) -> None:
    """How an act left the account and what lets into it."""
    mine = (Factor.objects.filter(user=user), BackupCode.objects.filter(user=user))
    write_rows(record, user, *mine, gone=gone)


def _keep_code(user: User, code: str, at_ms: int, until_ms: int | None = None) -> BackupCode:
    salt = secrets.token_bytes(SALT_BYTES)
    digest = salted_digest(salt, _plain(code).encode())
    return BackupCode.objects.create(user=user, salt=salt, digest=digest, made_at_ms=at_ms, until_ms=until_ms)


@transaction.atomic
def remove_factor(*, user: User, number: int, at_ms: int, is_demanded: bool) -> None:
    """Remove one of one's own; the last one only where none is demanded. ActError."""
    row = live_factors(user).select_for_update().filter(pk=number).first()
    if row is None:
        raise ActError("factors.trouble.stale")
    others = live_factors(user).exclude(pk=number).exists()
    if not others and is_demanded:
        raise ActError("factors.trouble.last")
    before = _said(row)
    _forget_secret(row, at_ms)
    record, gone = account_act(user, "factor.remove", by=ActBy.of(user.person_id, at_ms), before=before), []
    if not others:
        gone = _removed(BackupCode.objects.filter(user=user))
        user.asks_factor = False
        user.save(update_fields=["asks_factor"])
    _tell_rows(record, user, gone)


def _forget_secret(row: Factor, at_ms: int) -> None:
    row.sealed, row.credential, row.removed_at_ms = b"", b"", at_ms
    row.save(update_fields=["sealed", "credential", "removed_at_ms"])


@transaction.atomic
def take_code(*, user: User, code: str, code_ms: int, at_ms: int) -> bool:
    """Whether this is a code of the account that was not used yet; from now on it is."""
    plain = _plain(code)
    if len(plain) == DIGITS and plain.isascii() and plain.isdigit():
        apps = live_factors(user).filter(kind=FactorKind.APP)
        return any(_take_app_code(row, plain, code_ms=code_ms, at_ms=at_ms) for row in apps)
    return _take_backup_code(user, plain, at_ms)


@transaction.atomic
def take_key(*, row: Factor, uses: int, at_ms: int) -> None:
    """A key signed. ActError for one that signed less often than before: somebody has a copy of it."""
    held = Factor.objects.select_for_update().get(pk=row.pk)
    if (uses or held.uses) and uses <= held.uses:
        raise ActError("factors.trouble.copied")
    held.uses, held.used_at_ms = uses, at_ms
    held.save(update_fields=["uses", "used_at_ms"])


def _take_app_code(row: Factor, code: str, *, code_ms: int, at_ms: int) -> bool:
    try:
        seed = unseal(row.sealed, _sealed_for(row.user))
    except SealError:  # the folder came back without its factor key: a backup code, a key or a reset lets in
        return False
    step = matching_step(seed, code, at_ms=code_ms, after_step=row.used_step)
    if step is None:
        return False
    unused = Factor.objects.filter(pk=row.pk, used_step__lt=step)
    return unused.update(used_step=step, used_at_ms=at_ms) == 1


def _take_backup_code(user: User, code: str, at_ms: int) -> bool:
    for row in BackupCode.objects.select_for_update().filter(user=user, used_at_ms=None):
        lapsed = row.until_ms is not None and at_ms >= row.until_ms
        if lapsed or not hmac.compare_digest(row.digest, salted_digest(row.salt, code.encode())):
            continue
        row.used_at_ms = at_ms
        row.save(update_fields=["used_at_ms"])
        _tell_rows(
            account_act(
                user, "factor.code_used", by=ActBy.of(user.person_id, at_ms), before=f"code/{row.pk} {row.digest}"
            ),
            user,
        )
        AccountNote.objects.create(user=user, at_ms=at_ms, what="code_used")
        return True
    return False


def _said(row: Factor) -> str:
    """What the journal says of a factor."""
    return f"{row.kind}/{row.pk} {row.digest}"


def _plain(code: str) -> str:
    """As it was meant: without spaces and hyphens, and without the letters that look like digits."""
    kept = "".join(letter for letter in code[:_CODE_LENGTH_MAX] if letter.isalnum())
    return kept.lower().translate(_MISREAD)


def _sealed_for(user: User) -> str:
    return f"account/{user.pk}"


# --- a lost one -------------------------------------------------------------------------------------------------------


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
    record = account_act(user, "factor.reset_ask", by=by)
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
    record = account_act(user, "factor.reset", by=by, basis=f"reset/{row.pk}")
    write_rows(record, row)
    return _reset(user, record)


@transaction.atomic
def refuse_reset(*, user: User, by: ActBy, day: date) -> None:
    """Answer that nothing is reset; whoever asked may take it back so, too."""
    row = _answered(user, by.actor, day, by.at_ms, ResetState.REFUSED)
    write_rows(account_act(user, "factor.reset_refuse", by=by, basis=f"reset/{row.pk}"), row)


@transaction.atomic
def reset_at_machine(*, user: User, by: ActBy) -> str:
    """For the last one, who has nobody else: `by` is who sits at the machine. Returns the code to hand over."""
    by = by.reasoned("password.no_reason")
    FactorReset.objects.filter(user=user, state=ResetState.ASKED).update(
        state=ResetState.DONE, answered_by=by.number, answered_at_ms=by.at_ms
    )
    record = account_act(user, "factor.reset", by=by, basis="machine")
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
    """The code that lets the owner in once, in place of all others."""
    at_ms = record.at_ms
    for row in live_factors(user):
        _forget_secret(row, at_ms)
    gone = _removed(BackupCode.objects.filter(user=user))
    code = typeable(_CODE_BYTES)
    _keep_code(user, code, at_ms, at_ms + HANDED_OVER_MS_MAX)
    user.asks_factor = user.must_add_factor = True
    user.save(update_fields=["asks_factor", "must_add_factor"])
    end_all(user, at_ms=at_ms)
    AccountNote.objects.create(user=user, at_ms=at_ms, what="factor_reset", by_id=record.by)
    _tell_rows(record, user, gone)
    return code
