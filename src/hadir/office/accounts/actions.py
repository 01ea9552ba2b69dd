from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from hadir.office.accounts.models import AccountNote, RoleGrant, User
from hadir.office.accounts.sessions import end_all
from hadir.office.acts.actions import write_decision, write_staff_fact
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.people.models import Person
from hadir.office.people.queries import thing_of
from hadir.office.roles import RESET_PASSWORD, ActBy, Actor, Role, may
from hadir.office.units.models import Unit
from hadir.records.encoding import base32

PASSWORD_LENGTH_MIN = 12
PASSWORD_RANDOM_BYTES = 15
"""120 bits in six groups of four."""


@transaction.atomic
def keep_anew(user: User, at_ms: int, password: str) -> None:
    """The same password at the cost of today; the journal tells of it."""
    user.password = make_password(password)
    user.save(update_fields=["password"])
    record = write_decision(
        by=ActBy.of(user.person_id, at_ms), act="account.rehash", about=f"account/{user.pk}", person=user.person_id
    )
    write_rows(record, user)


@transaction.atomic
def create_account(*, person: Person, login: str, password: str, once: bool = False) -> User:
    """`once`: the password opens nothing but the page on which its owner chooses another."""
    user = User(login=login, person=person, has_one_time_password=once)
    user.password = make_password(password)
    user.save()
    return user


@transaction.atomic
def choose_password(*, user: User, old: str, new: str, again: str, at_ms: int) -> None:
    """Replace one's own password. ActError says why it is not taken; the password itself is written nowhere."""
    if not check_password(old, user.password):
        raise ActError("password.wrong", field="old")
    _check_new(user, old=old, new=new, again=again)
    user.password = make_password(new)
    user.has_one_time_password = False
    user.save(update_fields=["password", "has_one_time_password"])
    record = write_decision(
        by=ActBy.of(user.person_id, at_ms), act="account.password", about=f"account/{user.pk}", person=user.person_id
    )
    write_rows(record, user)


@transaction.atomic
def reset_password(*, user: User, by: ActBy, day: date) -> str:
    """Give an account a one-time password, told once to whoever asks for it and written nowhere.

    Only somebody who answers for everything that the account may do resets it: nobody becomes more than he is by it.
    The account's sessions end, and its owner is told. A second factor stays: it is still asked for.
    """
    if not may_reset(by.actor, user, day):
        raise PermissionDenied
    by = by.reasoned("password.no_reason")
    password = typeable_password(secrets.token_bytes(PASSWORD_RANDOM_BYTES))
    user.password = make_password(password)
    user.has_one_time_password = True
    user.save(update_fields=["password", "has_one_time_password"])
    end_all(user, at_ms=by.at_ms)
    AccountNote.objects.create(user=user, at_ms=by.at_ms, what="password_reset", by_id=by.number)
    record = write_decision(by=by, act="account.reset", about=f"account/{user.pk}", person=user.person_id)
    write_rows(record, user)
    return password


def may_reset(by: Actor, user: User, day: date) -> bool:
    """Of the same people, and of everything that the account's roles reach."""
    reached = RoleGrant.objects.on(day).filter(user=user).values_list("unit__path", flat=True)
    return answers_for(by, reached) and may(by, RESET_PASSWORD, thing_of(user.person, day, ahead=True))


def answers_for(by: Actor, reached: Iterable[str]) -> bool:
    """Whether nothing that those roles reach lies outside of what `by` answers for."""
    mine = by.paths(RESET_PASSWORD.roles)
    return all(any(path.startswith(own) for own in mine) for path in reached)


def typeable_password(random: bytes) -> str:
    """Groups of four letters and digits that nobody mistakes for each other."""
    text = base32(random).lower()
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))


def _check_new(user: User, *, old: str, new: str, again: str) -> None:
    if new != again:
        raise ActError("password.different", field="again")
    if new == old:
        raise ActError("password.same", field="new")
    if len(new) < PASSWORD_LENGTH_MIN or user.login.casefold() in new.casefold():
        raise ActError("password.short", field="new")
    try:
        CommonPasswordValidator().validate(new)
    except ValidationError as error:
        raise ActError("password.common", field="new") from error


@transaction.atomic
def grant_role(  # noqa: PLR0913 - a fact has as many members
    *, user: User, role: Role, unit: Unit, from_date: date, by: ActBy, until_date: date | None = None
) -> RoleGrant:
    grant = RoleGrant.objects.create(
        user=user, role=role, unit=unit, from_date=from_date, until_date=until_date, recorded_at_ms=by.at_ms
    )
    write_rows(write_role_fact(grant, by=by), grant, user)
    return grant


def write_role_fact(grant: RoleGrant, *, by: ActBy) -> OutboxRow:
    """The record of a role as it now stands."""
    return write_staff_fact(
        by=by,
        person=grant.user.person_id,
        fact="role",
        value=f"{grant.role}@unit/{grant.unit_id}",
        from_date=grant.from_date,
        until_date=grant.until_date,
    )
