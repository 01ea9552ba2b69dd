from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from hadir.office.ground.dated import DatedQuerySet, DatedRow, RecordedQuerySet, period_is_forward
from hadir.office.people.models import Person
from hadir.office.roles import Role
from hadir.office.units.models import Unit

_SESSION_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
"""Django's own, so that an upgrade ends nobody's session."""


class User(AbstractBaseUser):
    """A log-in of a person with an office role. Employees need none: their phone's key speaks for them."""

    login = models.CharField(max_length=60, unique=True)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="account")
    is_active = models.BooleanField(default=True)
    has_one_time_password = models.BooleanField(default=False)
    """Until its owner has chosen another: nothing else may be done with it."""
    asks_factor = models.BooleanField(default=False)
    """A password alone does not log in: there is a factor, or a code that was handed over to add one."""
    must_add_factor = models.BooleanField(default=False)
    """Its factors were reset: nothing else may be done until its owner has added another."""
    trusted_since_ms = models.BigIntegerField(default=0)
    """Sessions that began before have ended, and browsers that were known before are not any more."""

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session holds of its account: another password or another `trusted_since_ms` ends it."""
        told = f"{self.password}{self.trusted_since_ms or ''}"
        return salted_hmac(_SESSION_SALT, told, secret=secret, algorithm="sha256").hexdigest()


class RoleGrant(DatedRow):
    """A role, on a unit and everything below it, for a period."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="grants")

    objects = DatedQuerySet["RoleGrant"].as_manager()

    class Meta:
        constraints: ClassVar = [period_is_forward("role_grant")]


class FactorKind(models.TextChoices):
    """What somebody has, beside the password that he knows."""

    APP = "app"
    """A program that shows another code every thirty seconds (RFC 6238)."""
    KEY = "key"
    """A security key or passkey (WebAuthn)."""


class Factor(models.Model):
    """A second factor of an account. Removed, it stays as a row without its secret."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="factors")
    kind = models.CharField(max_length=3, choices=FactorKind.choices)
    name = models.CharField(max_length=60, blank=True)
    sealed = models.BinaryField(blank=True)
    """An app's seed, sealed with the folder's factor key. Empty for a key and once removed."""
    used_step = models.BigIntegerField(default=0, db_default=0)
    """The newest time step whose code was taken: none is taken twice."""
    credential = models.BinaryField(blank=True)
    """A key's public part, as WebAuthn attests it."""
    uses = models.PositiveBigIntegerField(default=0, db_default=0)
    """How often the key says that it signed; a copy of it would say less."""
    salt = models.BinaryField()
    digest = models.CharField(max_length=43)
    """What the journal says of it: SHA-256 of the salt and its seed or public part."""
    added_at_ms = models.BigIntegerField()
    used_at_ms = models.BigIntegerField(null=True, blank=True)
    removed_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]


class BackupCode(models.Model):
    """A code that lets in once without the factor: one of ten on paper, or the one that is handed over at a reset."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="backup_codes")
    salt = models.BinaryField()
    digest = models.CharField(max_length=43)
    """SHA-256 of the salt and the code."""
    made_at_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField(null=True, blank=True)
    """Only a handed-over code lapses."""
    used_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]


class ResetState(models.TextChoices):
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


class FactorReset(models.Model):
    """One person asked that a lost factor be reset, another one answered."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="factor_resets")
    state = models.CharField(max_length=7, choices=ResetState.choices, default=ResetState.ASKED)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at_ms = models.BigIntegerField()
    asked_record = models.OneToOneField("acts.OutboxRow", on_delete=models.PROTECT, related_name="+")
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(state="asked"), name="one_factor_reset_asked")
        ]


class FactorDemand(models.Model):
    """From a day on nobody with this role works without a second factor."""

    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    from_date = models.DateField()
    recorded_at_ms = models.BigIntegerField()
    withdrawn_at_ms = models.BigIntegerField(null=True, blank=True)

    objects = RecordedQuerySet["FactorDemand"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["role"], condition=models.Q(withdrawn_at_ms=None), name="one_demand_of_a_role"
            )
        ]


class OpenSession(models.Model):
    """A log-in that goes on: its owner sees it, and ends it from anywhere."""

    key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="open_sessions")
    began_ms = models.BigIntegerField()
    used_ms = models.BigIntegerField()
    address = models.CharField(max_length=60, blank=True)
    browser = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering: ClassVar = ["-used_ms"]


class LogInOutcome(models.TextChoices):
    """How a log-in ended."""

    GOOD = "good"
    PASSWORD = "password"  # noqa: S105 - which half was wrong
    HALF = "half"
    """The password was right, and no factor came."""
    FACTOR = "factor"


class LogIn(models.Model):
    """Log-ins of one account, from one address and of one outcome within a minute; of no account, of unknown names."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="log_ins")
    at_ms = models.BigIntegerField()
    outcome = models.CharField(max_length=8, choices=LogInOutcome.choices)
    times = models.PositiveIntegerField(default=1)
    browser = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=60, blank=True)
    """Until there is a record: from then on the address stands there only, where it can be erased."""
    record = models.OneToOneField("acts.OutboxRow", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-at_ms", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["user", "at_ms"], name="log_ins_of_account"),
            models.Index(fields=["at_ms"], name="log_ins_by_time"),
            models.Index(fields=["at_ms"], name="log_ins_waiting", condition=models.Q(record=None)),
        ]


class TryCount(models.Model):
    """Failures that are not forgotten yet, of a browser, an address, an account, or an account from an address."""

    key = models.CharField(max_length=60, primary_key=True)
    """Which of them, and a keyed digest: neither an address nor what somebody typed as a name."""
    forgotten_ms = models.BigIntegerField()
    """When the last of them will be forgotten."""
    last_ms = models.BigIntegerField()
    asked_ms = models.BigIntegerField(default=0)
    """When somebody at this address was first told to wait for an account that is under attack."""

    class Meta:
        indexes: ClassVar = [models.Index(fields=["forgotten_ms"], name="tries_forgotten")]


class AccountNote(models.Model):
    """Something that its owner is told at the next log-in, because somebody else did it or used something up."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notes")
    at_ms = models.BigIntegerField()
    what = models.CharField(max_length=40)
    """The last part of the text's code, `own.note.…`."""
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-at_ms"]
