from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from hadir.office.accounts.permissions import Role
from hadir.office.dated import Dated, DatedQuerySet, period_is_forward
from hadir.office.people.models import Person
from hadir.office.units.models import Unit


class User(AbstractBaseUser):
    """A log-in of a person with an office role. Employees need none: their phone's key speaks for them."""

    login = models.CharField(max_length=60, unique=True)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="account")
    is_active = models.BooleanField(default=True)
    has_one_time_password = models.BooleanField(default=False)
    """Until its owner has chosen another: nothing else may be done with it."""

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.login


class RoleGrant(Dated):
    """A role, on a unit and everything below it, for a period."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="grants")

    objects = DatedQuerySet["RoleGrant"].as_manager()

    class Meta:
        constraints: ClassVar = [period_is_forward("role_grant")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.unit_id}"


class FailedLogin(models.Model):
    """Failures in a row for one account name or one address; forgotten after a success or a quiet hour."""

    key = models.CharField(max_length=120, primary_key=True)
    failures = models.PositiveIntegerField()
    last_ms = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.failures}"
