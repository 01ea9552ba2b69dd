"""Log-ins made, roles given and ended. Each is an act with its reason; nobody gives himself anything."""

from __future__ import annotations

import secrets
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.accounts.actions import (
    PASSWORD_RANDOM_BYTES,
    create_account,
    grant_role,
    typeable_password,
    write_role_fact,
)
from hadir.office.accounts.models import RoleGrant, User
from hadir.office.acts.actions import write_decision
from hadir.office.acts.models import OutboxRow
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.people.models import Person
from hadir.office.people.queries import thing_of
from hadir.office.roles import MAKE_ACCOUNT, ActBy, Role, may, may_grant
from hadir.office.units.models import Unit


@transaction.atomic
def make_account(*, person: Person, login: str, by: ActBy, day: date) -> str:
    """A log-in without any role, and its one-time password, which is told once and written nowhere."""
    if not may(by.actor, MAKE_ACCOUNT, thing_of(person, day, ahead=True)):
        raise PermissionDenied
    if User.objects.filter(person=person).exists():
        raise ActError("accounts.trouble.has_account")
    if User.objects.filter(login__iexact=login).exists():
        raise ActError("accounts.trouble.login_taken", field="login")
    password = typeable_password(secrets.token_bytes(PASSWORD_RANDOM_BYTES))
    user = create_account(person=person, login=login, password=password, once=True)
    write_rows(_decide(user, "account.make", by=by), user)
    return password


@transaction.atomic
def give_role(*, user: User, role: Role, unit: Unit, from_date: date, until_date: date | None, by: ActBy) -> RoleGrant:  # noqa: PLR0913 - what an act of this kind is made of
    """A role on the unit and everything below it. Of what the granter himself answers for, and never to himself."""
    if not may_grant(by.actor, user.person_id, unit.path):
        raise PermissionDenied
    if RoleGrant.objects.on(from_date).filter(user=user, role=role, unit=unit).exists():
        raise ActError("accounts.trouble.held_already")
    row = grant_role(user=user, role=role, unit=unit, from_date=from_date, until_date=until_date, by=by)
    _decide(user, "role.grant", by=by, after=_said(row))
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
    before, ended = _said(held), held
    held.withdrawn_at_ms = by.at_ms
    held.save(update_fields=["withdrawn_at_ms"])
    after = None
    if held.from_date < from_date:
        held = RoleGrant.objects.create(
            user=held.user,
            role=held.role,
            unit=held.unit,
            from_date=held.from_date,
            until_date=from_date,
            recorded_at_ms=by.at_ms,
        )
        write_role_fact(held, by=by)
        after = _said(held)
    record = _decide(held.user, "role.end", by=by, before=before, after=after)
    write_rows(record, ended, held)


def _said(row: RoleGrant) -> str:
    return f"{row.role}@unit/{row.unit_id} {row.from_date}..{row.until_date or ''}"


def _decide(user: User, act: str, *, by: ActBy, before: str | None = None, after: str | None = None) -> OutboxRow:
    return write_decision(by=by, act=act, about=f"account/{user.pk}", person=user.person_id, before=before, after=after)
