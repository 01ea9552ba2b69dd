from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.accounts.models import RoleGrant
from hadir.office.accounts.permissions import Actor, Grant, Role

if TYPE_CHECKING:
    from datetime import date

    from hadir.office.accounts.models import User


def actor_of(user: User, day: date) -> Actor:
    """The person behind a log-in with the roles in force on `day`."""
    rows = RoleGrant.objects.on(day).filter(user=user).values_list("role", "unit__path")
    return Actor(person=user.person_id, grants=tuple(Grant(role=Role(role), path=path) for role, path in rows))
