"""Acts on log-ins: made, given roles and relieved of them, their passwords, and who must have a second factor.

Each is told with its reason; nobody gives himself anything.
"""

import secrets
from collections.abc import Iterable
from datetime import date
from textwrap import wrap

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from hadir.office.accounts.models import AccountNote, FactorDemand, RoleGrant, User
from hadir.office.accounts.queries import covers_site, demands
from hadir.office.accounts.sessions import end_all
from hadir.office.acts.actions import write_decision, write_staff_fact
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.people.models import Person
from hadir.office.people.queries import thing_of
from hadir.office.roles import MAKE_ACCOUNT, RESET_PASSWORD, SET_DEMAND, ActBy, Actor, Role, may, may_grant
from hadir.office.units.models import Unit
from hadir.records.encoding import base32

PASSWORD_LENGTH_MIN = 12
PASSWORD_BYTES = 15
"""120 bits in six groups of four."""


def account_act(  # noqa: PLR0913 - a record has as many members
    user: User, act: str, *, by: ActBy, before: str | None = None, after: str | None = None, basis: str | None = None
) -> OutboxRow:
    """The record of an act on an account."""
    about = f"account/{user.pk}"
    return write_decision(by=by, act=act, about=about, person=user.person_id, before=before, after=after, basis=basis)


def typeable(size: int) -> str:
    """So many random bytes in groups of four letters and digits that nobody mistakes for each other."""
    return "-".join(wrap(base32(secrets.token_bytes(size)).lower(), 4))


# --- log-ins and passwords --------------------------------------------------------------------------------------------


@transaction.atomic
def create_account(*, person: Person, login: str, password: str, once: bool = False) -> User:
    """`once`: the password opens nothing but the page on which its owner chooses another."""
    return User.objects.create(login=login, person=person, password=make_password(password), has_one_time_password=once)


@transaction.atomic
def make_account(*, person: Person, login: str, by: ActBy, day: date) -> str:
    """A log-in without any role, and its one-time password, which is told once and written nowhere."""
    if not may(by.actor, MAKE_ACCOUNT, thing_of(person, day, ahead=True)):
        raise PermissionDenied
    if User.objects.filter(person=person).exists():
        raise ActError("accounts.trouble.has_account")
    if User.objects.filter(login__iexact=login).exists():
        raise ActError("accounts.trouble.login_taken", field="login")
    password = typeable(PASSWORD_BYTES)
    user = create_account(person=person, login=login, password=password, once=True)
    write_rows(account_act(user, "account.make", by=by), user)
    return password


@transaction.atomic
def keep_anew(user: User, at_ms: int, password: str) -> None:
    """The same password at the cost of today; the journal tells of it."""
    user.password = make_password(password)
    user.save(update_fields=["password"])
    write_rows(account_act(user, "account.rehash", by=ActBy.of(user.person_id, at_ms)), user)


@transaction.atomic
def choose_password(*, user: User, old: str, new: str, again: str, at_ms: int) -> None:
    """Replace one's own password. ActError says why it is not taken; the password itself is written nowhere."""
    if not check_password(old, user.password):
        raise ActError("password.wrong", field="old")
    _check_new(user, old=old, new=new, again=again)
    _set_password(user, new, once=False)
    write_rows(account_act(user, "account.password", by=ActBy.of(user.person_id, at_ms)), user)


@transaction.atomic
def reset_password(*, user: User, by: ActBy, day: date) -> str:
    """Give an account a one-time password, told once to whoever asks for it and written nowhere.

    Only somebody who answers for everything that the account may do resets it: nobody becomes more than he is by it.
    The account's sessions end, and its owner is told. A second factor stays: it is still asked for.
    """
    if not may_reset(by.actor, user, day):
        raise PermissionDenied
    by = by.reasoned("password.no_reason")
    password = typeable(PASSWORD_BYTES)
    _set_password(user, password, once=True)
    end_all(user, at_ms=by.at_ms)
    AccountNote.objects.create(user=user, at_ms=by.at_ms, what="password_reset", by_id=by.number)
    write_rows(account_act(user, "account.reset", by=by), user)
    return password


def may_reset(by: Actor, user: User, day: date) -> bool:
    """Of the same people, and of everything that the account's roles reach."""
    reached = RoleGrant.objects.on(day).filter(user=user).values_list("unit__path", flat=True)
    return answers_for(by, reached) and may(by, RESET_PASSWORD, thing_of(user.person, day, ahead=True))


def answers_for(by: Actor, reached: Iterable[str]) -> bool:
    """Whether nothing that those roles reach lies outside of what `by` answers for."""
    mine = by.paths(RESET_PASSWORD.roles)
    return all(any(path.startswith(own) for own in mine) for path in reached)


def _set_password(user: User, password: str, *, once: bool) -> None:
    user.password, user.has_one_time_password = make_password(password), once
    user.save(update_fields=["password", "has_one_time_password"])


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


# --- roles ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def grant_role(  # noqa: PLR0913 - a fact has as many members
    *, user: User, role: Role, unit: Unit, from_date: date, by: ActBy, until_date: date | None = None
) -> RoleGrant:
    grant = RoleGrant.objects.create(
        user=user, role=role, unit=unit, from_date=from_date, until_date=until_date, recorded_at_ms=by.at_ms
    )
    write_rows(_write_role(grant, by=by), grant, user)
    return grant


@transaction.atomic
def give_role(*, user: User, role: Role, unit: Unit, from_date: date, until_date: date | None, by: ActBy) -> RoleGrant:  # noqa: PLR0913 - what an act of this kind is made of
    """A role on the unit and everything below it. Of what the granter himself answers for, and never to himself."""
    if not may_grant(by.actor, user.person_id, unit.path):
        raise PermissionDenied
    if RoleGrant.objects.on(from_date).filter(user=user, role=role, unit=unit).exists():
        raise ActError("accounts.trouble.held_already")
    row = grant_role(user=user, role=role, unit=unit, from_date=from_date, until_date=until_date, by=by)
    account_act(user, "role.grant", by=by, after=_said(row))
    return row


@transaction.atomic
def end_role(*, grant: RoleGrant, from_date: date, by: ActBy) -> None:
    """The role does not hold from that day on: the row is withdrawn, and one that ends takes its place."""
    if not may_grant(by.actor, grant.user.person_id, grant.unit.path):
        raise PermissionDenied
    held = RoleGrant.objects.select_for_update(of=("self",)).select_related("user", "unit").get(pk=grant.pk)
    is_over = held.until_date is not None and held.until_date <= from_date
    if held.withdrawn_at_ms is not None or is_over:
        raise ActError("accounts.trouble.over")
    before, after, ended = _said(held), None, held
    held.withdrawn_at_ms = by.at_ms
    held.save(update_fields=["withdrawn_at_ms"])
    if held.from_date < from_date:
        held = RoleGrant.objects.create(
            user=held.user,
            role=held.role,
            unit=held.unit,
            from_date=held.from_date,
            until_date=from_date,
            recorded_at_ms=by.at_ms,
        )
        _write_role(held, by=by)
        after = _said(held)
    record = account_act(held.user, "role.end", by=by, before=before, after=after)
    write_rows(record, ended, held)


def _write_role(grant: RoleGrant, *, by: ActBy) -> OutboxRow:
    """The record of a role as it now stands."""
    return write_staff_fact(
        by=by,
        person=grant.user.person_id,
        fact="role",
        value=f"{grant.role}@unit/{grant.unit_id}",
        from_date=grant.from_date,
        until_date=grant.until_date,
    )


def _said(row: RoleGrant) -> str:
    return f"{row.role}@unit/{row.unit_id} {row.from_date}..{row.until_date or ''}"


# --- who must have a second factor ------------------------------------------------------------------------------------


def may_set_demand(actor: Actor) -> bool:
    """Whoever answers for the whole site."""
    return covers_site(actor.paths(SET_DEMAND.roles))


@transaction.atomic
def set_demand(*, role: Role, from_date: date | None, by: ActBy) -> None:
    """From this day on everybody with the role must have a factor; with None, nobody because of it."""
    held = next(one for one in demands() if one.role is role)
    if not may_set_demand(by.actor) or held.is_fixed:
        raise PermissionDenied
    if held.from_date == from_date:
        return
    FactorDemand.objects.current().filter(role=role).update(withdrawn_at_ms=by.at_ms)
    if from_date is not None:
        FactorDemand.objects.create(role=role, from_date=from_date, recorded_at_ms=by.at_ms)
    record = write_decision(
        by=by,
        act="factor.demand",
        about=f"role/{role.value}",
        before=held.from_date.isoformat() if held.from_date else None,
        after=from_date.isoformat() if from_date else None,
    )
    write_rows(record, FactorDemand.objects.filter(role=role))
