"""Acts of whoever holds the machine, when no second person is there: recorded like any other."""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

from hadir.office.ground import installation
from hadir.office.programs.commands import prepare
from hadir.office.roles import ActBy
from hadir.site import SiteError

if TYPE_CHECKING:
    from hadir.config import Settings


def reset_factor(settings: Settings, *, login: str, by: int, reason: str) -> str:
    """The code to hand over, told once. SiteError for an account or a person that is not there, or without a reason."""
    prepare(settings)
    from hadir.office.accounts.factors import reset_at_machine
    from hadir.office.accounts.models import User
    from hadir.office.people.models import Person

    user = User.objects.filter(login=login).first()
    if user is None:
        raise SiteError(f"there is no account {login!r}")
    if not Person.objects.filter(number=by).exists():
        raise SiteError(f"nobody in the register has the number {by}: --by is your own")
    if not reason.strip():
        raise SiteError("--reason is empty: say why; it stays with the act")
    if not user.asks_factor:
        raise SiteError(f"{login} has no second factor: the password alone logs in")
    return reset_at_machine(user=user, by=ActBy.of(by, installation.HERE.clock.now_ms(), reason))
