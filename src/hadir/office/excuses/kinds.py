"""The kinds of excuses, by the codes that offices use. What each costs is a policy's matter, not this page's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.db import models

from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import EXCUSE_KIND, excuse_names
from hadir.texts import catalogue

OUTAGE = "GS"
"""The code of an outage of the system; every other kind is a code of a policy."""


@dataclass(frozen=True, slots=True)
class AbsenceKind:
    """A kind of absence that people may enter: a code of the policies, the one in a calendar's cell."""

    value: str

    @property
    def name_code(self) -> str:
        return f"{EXCUSE_KIND}{self.value}"


def absence_kinds() -> tuple[AbsenceKind, ...]:
    """The codes of the policies that have a name: those of the catalogue in its order, then the policies' own."""
    return _kinds(excuse_names(HERE.settings.policies))


@cache
def _kinds(named: frozenset[str]) -> tuple[AbsenceKind, ...]:
    known = [code.removeprefix(EXCUSE_KIND) for code in catalogue() if code.startswith(EXCUSE_KIND)]
    return tuple(AbsenceKind(code) for code in (*(one for one in known if one in named), *sorted(named - set(known))))


class Scope(models.TextChoices):
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


class ExcuseState(models.TextChoices):
    """Where an excuse stands. Only `APPROVED` excuses anybody. Names: `excuse.state.<value>`."""

    PROPOSED = "proposed"
    ATTESTED = "attested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def name_code(self) -> str:
        return f"excuse.state.{self.value}"


class ExcuseAct(models.TextChoices):
    """What people do with an excuse; each is a record. Names: `act.excuse.<value>`."""

    ENTER = "enter"
    ATTEST = "attest"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    VOUCH = "vouch"
    """A head's word that his people were at work, for those whom an outage left without any record."""
    CHANGE = "change"
    """Ask that an approved outage says the opposite of whoever is proven late."""
    AGREE = "agree"
    """Agree to that, as a second person."""
    KEEP = "keep"
    """Leave it as it was."""


#: act -> the states it may be done in. What a record did, only another record undoes; what was withdrawn stays so.
ALLOWED: dict[ExcuseAct, frozenset[ExcuseState]] = {
    ExcuseAct.ATTEST: frozenset({ExcuseState.PROPOSED, ExcuseState.ATTESTED, ExcuseState.REJECTED}),
    ExcuseAct.APPROVE: frozenset({ExcuseState.ATTESTED, ExcuseState.APPROVED}),
    ExcuseAct.REJECT: frozenset({ExcuseState.PROPOSED, ExcuseState.ATTESTED}),
    ExcuseAct.WITHDRAW: frozenset({ExcuseState.APPROVED}),
    ExcuseAct.VOUCH: frozenset({ExcuseState.ATTESTED, ExcuseState.APPROVED}),
    ExcuseAct.CHANGE: frozenset({ExcuseState.APPROVED}),
    ExcuseAct.AGREE: frozenset({ExcuseState.APPROVED}),
    ExcuseAct.KEEP: frozenset({ExcuseState.APPROVED}),
}


_LEADS_TO = {
    ExcuseAct.ENTER: ExcuseState.PROPOSED,
    ExcuseAct.ATTEST: ExcuseState.ATTESTED,
    ExcuseAct.APPROVE: ExcuseState.APPROVED,
    ExcuseAct.REJECT: ExcuseState.REJECTED,
    ExcuseAct.WITHDRAW: ExcuseState.WITHDRAWN,
}
"""A head's word leads nowhere, and neither does what an approved outage says of whoever is proven late."""


def state_after(acts: Iterable[str]) -> ExcuseState:
    """Where an excuse stands after these acts, in their order."""
    led = [_LEADS_TO[ExcuseAct(act)] for act in acts if act in _LEADS_TO]
    return led[-1] if led else ExcuseState.PROPOSED


DEFAULT_TAIL_MINUTES = 15
"""Proposed, never imposed: phones that had given up come back within about a quarter of an hour."""
TAIL_MINUTES_MAX = 240
PERIOD_DAYS_MAX = 366
PEOPLE_MAX = 500
OUTAGE_BASIS = "Ketentuan Hadir (gangguan sistem yang disetujui tidak dipotong)"
