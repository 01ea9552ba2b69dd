"""The kinds of excuses, by the codes that offices use. What each costs is a policy's matter, not this page's."""

from __future__ import annotations

from django.db import models


class ExcuseKind(models.TextChoices):
    """The value is the code in a calendar's cell; names stand in the catalogue as `excuse.kind.<value>`."""

    OUTAGE = "GS"
    SICK = "S"
    PERMISSION = "I"
    ANNUAL_LEAVE = "CT"
    LONG_LEAVE = "CB"
    SICK_LEAVE = "CS"
    MATERNITY_LEAVE = "CM"
    IMPORTANT_LEAVE = "CAP"
    SHARED_LEAVE = "CBer"
    UNPAID_LEAVE = "CLTN"
    DUTY_TRAVEL = "DL"
    STUDY = "TB"
    DISPENSATION = "DISP"

    @property
    def is_private(self) -> bool:
        """Whether the kind itself may tell of a person's health or family: it then stays out of the journal."""
        return self is not ExcuseKind.OUTAGE

    @property
    def name_code(self) -> str:
        return f"excuse.kind.{self.value}"


class Scope(models.TextChoices):
    """Whom an excuse concerns."""

    ALL = "all"
    UNIT = "unit"
    TERMINAL = "terminal"
    """Who records at one terminal: those of the unit's people who have a PIN on it."""
    PEOPLE = "people"


class Cause(models.TextChoices):
    """What an outage came from, as far as people know. Names: `outage.cause.<value>`."""

    UNKNOWN = "unknown"
    PROGRAM = "program"
    POWER = "power"
    NETWORK = "network"
    LOAD = "load"
    TERMINAL = "terminal"
    DISASTER = "disaster"


class State(models.TextChoices):
    """Where an excuse stands. Only `APPROVED` excuses anybody. Names: `excuse.state.<value>`."""

    PROPOSED = "proposed"
    ATTESTED = "attested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def name_code(self) -> str:
        return f"excuse.state.{self.value}"


class Act(models.TextChoices):
    """What people do with an excuse; each is a record. Names: `act.excuse.<value>`."""

    ENTER = "enter"
    ATTEST = "attest"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    VOUCH = "vouch"
    """A head's word that his people were at work, for those whom an outage left without any record."""


#: act -> the states it may be done in, and the state it leads to (a head's word changes none). What a record did, only
#: another record undoes.
TRANSITIONS: dict[Act, tuple[frozenset[State], State]] = {
    Act.ENTER: (frozenset(), State.PROPOSED),
    Act.ATTEST: (frozenset({State.PROPOSED, State.ATTESTED, State.REJECTED, State.WITHDRAWN}), State.ATTESTED),
    Act.APPROVE: (frozenset({State.ATTESTED, State.APPROVED}), State.APPROVED),
    Act.REJECT: (frozenset({State.PROPOSED, State.ATTESTED}), State.REJECTED),
    Act.WITHDRAW: (frozenset({State.APPROVED}), State.WITHDRAWN),
    Act.VOUCH: (frozenset({State.ATTESTED, State.APPROVED}), State.APPROVED),
}

DEFAULT_TAIL_MINUTES = 15
"""Proposed, never imposed: phones that had given up come back within about a quarter of an hour."""
TAIL_MINUTES_MAX = 240
PERIOD_DAYS_MAX = 366
PEOPLE_MAX = 500
OUTAGE_BASIS = "Permenko Infra 10/2025 Pasal 22 ayat (2) huruf a"
