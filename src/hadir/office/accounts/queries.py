"""Log-ins with the roles that they hold, and who must have a second factor, and since when.

In production the personnel role, which decides pay, from its first day; every other role from a day that the site sets.
A rehearsal demands none of anybody unless it is set there: its passwords are known to all anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from hadir.office.accounts.models import Factor, FactorDemand, RoleGrant, User
from hadir.office.ground.installation import HERE
from hadir.office.ground.rows import grouped
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
    held = RoleGrant.objects.on(day).filter(user__in=users).select_related("unit")
    grants = grouped(held, lambda grant: grant.user_id)
    homes = homes_of([user.person_id for user in users], day)
    return [AccountRow(user=user, home=homes.get(user.person_id), grants=grants.get(user.pk, [])) for user in users]


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
    found = []
    for row in RoleGrant.objects.current().filter(user=user).select_related("unit").order_by("-from_date", "-pk"):
        is_over = row.until_date is not None and row.until_date <= day
        may_end = not is_over and may_grant(actor, user.person_id, row.unit.path)
        found.append(AccountRole(grant=row, is_over=is_over, may_end=may_end))
    return sorted(found, key=lambda one: one.is_over)


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


def covers_site(paths: tuple[str, ...]) -> bool:
    """Whether no unit lies outside of these subtrees."""
    roots = Unit.objects.filter(parent=None).values_list("path", flat=True)
    return bool(paths) and all(any(root.startswith(path) for path in paths) for root in roots)


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
