from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hadir.office.accounts.models import RoleGrant, User
from hadir.office.accounts.permissions import SEE_ACCOUNT, Actor, Grant, Role
from hadir.office.people.queries import homes_of, people_in_sight

if TYPE_CHECKING:
    from datetime import date

    from hadir.office.units.models import Unit


def actor_of(user: User, day: date) -> Actor:
    """The person behind a log-in with the roles in force on `day`."""
    rows = RoleGrant.objects.on(day).filter(user=user).values_list("role", "unit__path")
    return Actor(person=user.person_id, grants=tuple(Grant(role=Role(role), path=path) for role, path in rows))


@dataclass(frozen=True, slots=True)
class AccountRow:
    user: User
    home: Unit | None
    grants: list[RoleGrant]


def accounts_in_sight(actor: Actor, day: date) -> list[AccountRow]:
    """Log-ins of people whom the actor may ask about, with what they may do today. Three queries."""
    people = people_in_sight(actor, SEE_ACCOUNT, day).values("number")
    users = list(User.objects.filter(person__in=people).select_related("person").order_by("person__full_name"))
    grants: dict[int, list[RoleGrant]] = defaultdict(list)
    for grant in RoleGrant.objects.on(day).filter(user__in=users).select_related("unit"):
        grants[grant.user_id].append(grant)
    homes = homes_of([user.person_id for user in users], day)
    return [AccountRow(user=user, home=homes.get(user.person_id), grants=grants[user.pk]) for user in users]
