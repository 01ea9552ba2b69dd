from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from hadir.office.accounts.models import FactorDemand, RoleGrant, User
from hadir.office.ground.installation import HERE
from hadir.office.people.models import Assignment
from hadir.office.people.queries import homes_of, people_in_sight
from hadir.office.roles import SEE_ACCOUNT, Actor, Grant, Role, may_grant
from hadir.office.units.models import Unit


def actor_of(user: User, day: date) -> Actor:
    """The person behind a log-in with the roles in force on `day`. Nobody has any once his last assignment ended."""
    employed = Assignment.objects.on(day).filter(person=user.person_id)
    demanded = FactorDemand.objects.current().filter(role=OuterRef("role"), from_date__lte=day)
    held = RoleGrant.objects.on(day).filter(Exists(employed), user=user)
    rows = list(held.values_list("role", "unit__path", Exists(demanded)))
    always = None if HERE.rehearsal else Role.PERSONNEL
    owes = not user.asks_factor and any(is_demanded or role == always for role, _, is_demanded in rows)
    grants = tuple(Grant(role=Role(role), path=path) for role, path, _ in rows)
    return Actor(person=user.person_id, grants=grants, owes_factor=owes or user.must_add_factor)


@dataclass(frozen=True, slots=True)
class AccountRow:
    user: User
    home: Unit | None
    grants: list[RoleGrant]


def accounts_in_sight(actor: Actor, day: date, text: str = "") -> QuerySet[User]:
    """Log-ins of people whom the actor may ask about; with `text`, those that it names or whose owner it names."""
    people = people_in_sight(actor, SEE_ACCOUNT, day, ahead=True).values("number")
    users = User.objects.filter(person__in=people).select_related("person").order_by("person__full_name", "pk")
    return users.filter(Q(login__icontains=text) | Q(person__full_name__icontains=text)) if text else users


def described(users: Sequence[User], day: date) -> list[AccountRow]:
    """Each with its owner's home and with what it may do on `day`. Two queries, whatever number."""
    grants: dict[int, list[RoleGrant]] = defaultdict(list)
    for grant in RoleGrant.objects.on(day).filter(user__in=users).select_related("unit"):
        grants[grant.user_id].append(grant)
    homes = homes_of([user.person_id for user in users], day)
    return [AccountRow(user=user, home=homes.get(user.person_id), grants=grants[user.pk]) for user in users]


@dataclass(frozen=True, slots=True)
class AccountRole:
    """One role that the account has or had, and whether the reader may end it."""

    grant: RoleGrant
    is_over: bool
    may_end: bool

    @property
    def role_code(self) -> str:
        return f"accounts.role.{self.grant.role}"


def roles_of(actor: Actor, user: User, day: date) -> list[AccountRole]:
    """Every role that the account has, will have or had: those that hold or will hold first."""
    rows = RoleGrant.objects.current().filter(user=user).select_related("unit").order_by("-from_date", "-pk")
    found = [_role(actor, row, day) for row in rows]
    return sorted(found, key=lambda one: one.is_over)


def _role(actor: Actor, row: RoleGrant, day: date) -> AccountRole:
    is_over = row.until_date is not None and row.until_date <= day
    may_end = not is_over and may_grant(actor, row.user.person_id, row.unit.path)
    return AccountRole(grant=row, is_over=is_over, may_end=may_end)
