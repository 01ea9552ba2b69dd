"""Who must have a second factor, and since when.

In production the personnel role, which decides pay, from its first day; every other role from a day that the site sets.
A rehearsal demands none of anybody unless it is set there: its passwords are known to all anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from hadir.office.accounts.models import Factor, FactorDemand, RoleGrant, User
from hadir.office.accounts.queries import accounts_in_sight
from hadir.office.acts.actions import write_decision
from hadir.office.acts.rows import write_rows
from hadir.office.ground.installation import HERE
from hadir.office.roles import SET_DEMAND, ActBy, Actor, Role
from hadir.office.units.models import Unit


@dataclass(frozen=True, slots=True)
class RoleDemand:
    """Of one role: from which day on, and whether the site may change it."""

    role: Role
    from_date: date | None
    is_fixed: bool

    @property
    def role_code(self) -> str:
        return f"accounts.role.{self.role.value}"


def demands() -> list[RoleDemand]:
    """Every role's; a fixed one holds always."""
    dates = dict(FactorDemand.objects.current().values_list("role", "from_date"))
    fixed = frozenset() if HERE.rehearsal else frozenset({Role.PERSONNEL})
    order = (Role.PERSONNEL, Role.UNIT_HEAD, Role.SUPERIOR, Role.OPERATOR, Role.AUDITOR)
    return [RoleDemand(role, dates.get(role.value), role in fixed) for role in order]


def may_set_demand(actor: Actor) -> bool:
    """Whoever answers for the whole site."""
    return covers_site(actor.paths(SET_DEMAND.roles))


def covers_site(paths: tuple[str, ...]) -> bool:
    """Whether no unit lies outside of these subtrees."""
    roots = Unit.objects.filter(parent=None).values_list("path", flat=True)
    return bool(paths) and all(any(root.startswith(path) for path in paths) for root in roots)


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


def without_factor(actor: Actor, day: date) -> QuerySet[User]:
    """Accounts with a role of which nobody can say more than a password."""
    live = Factor.objects.filter(user=OuterRef("pk"), removed_at_ms=None)
    roles = RoleGrant.objects.on(day).filter(user=OuterRef("pk"))
    return accounts_in_sight(actor, day).filter(~Exists(live), Exists(roles))


def demanded_from(user: User, day: date) -> date | None:
    """The first day on which a role that the account has now asks for a factor; None while none does."""
    roles = set(RoleGrant.objects.on(day).filter(user=user).values_list("role", flat=True))
    mine = [one for one in demands() if one.role.value in roles]
    if any(one.is_fixed for one in mine):
        return day
    return min((one.from_date for one in mine if one.from_date), default=None)
