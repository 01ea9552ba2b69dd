"""Who may do what: pure functions of an actor, a rule and a thing. What no rule allows is denied."""

from dataclasses import dataclass, replace
from enum import StrEnum

from hadir.office.ground.act_error import ActError


class Role(StrEnum):
    OPERATOR = "operator"
    UNIT_HEAD = "unit_head"
    SUPERIOR = "superior"
    PERSONNEL = "personnel"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in force, on the subtree whose paths begin with `path`."""

    role: Role
    path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks. `person` is None only for somebody who has not logged in."""

    person: int | None
    grants: tuple[Grant, ...] = ()
    owes_factor: bool = False
    """A role of theirs demands a second factor, and there is none: nothing may be done but to add one."""

    @property
    def number(self) -> int:
        """The person's number. Whoever acts is logged in."""
        assert self.person is not None
        return self.person

    def paths(self, roles: frozenset[Role]) -> tuple[str, ...]:
        return tuple(sorted({grant.path for grant in self.grants if grant.role in roles}))


NOBODY = Actor(person=None)


@dataclass(frozen=True, slots=True)
class ActBy:
    """Who acts, when, and why: what every act is told."""

    actor: Actor
    at_ms: int
    reason: str = ""

    @classmethod
    def of(cls, number: int, at_ms: int, reason: str = "") -> "ActBy":
        """An act of a person, or of the machine (a number below zero), who answers to no rule here."""
        return cls(Actor(number), at_ms, reason)

    @property
    def number(self) -> int:
        return self.actor.number

    def saying(self, reason: str) -> "ActBy":
        return replace(self, reason=reason)

    def reasoned(self, code: str) -> "ActBy":
        """The same with its reason as it is kept. ActError with `code` where there is none."""
        if not self.reason.strip():
            raise ActError(code, field="reason")
        return self.saying(self.reason.strip())


@dataclass(frozen=True, slots=True)
class Thing:
    """What is asked about: the unit paths it lies in, and the person it is about, if any."""

    paths: tuple[str, ...]
    person: int | None = None
    superiors: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """The roles that may; a rule that `decides` never lets anybody act on himself."""

    roles: frozenset[Role]
    decides: bool = False


def may(actor: Actor, rule: Rule, thing: Thing) -> bool:
    """True only if one grant in force carries a role of the rule, covers the thing, and nobody decides on himself."""
    if actor.person is None or (rule.decides and thing.person == actor.person):
        return False
    return any(grant.role in rule.roles and _covers(actor, grant, thing) for grant in actor.grants)


def _covers(actor: Actor, grant: Grant, thing: Thing) -> bool:
    if not any(path.startswith(grant.path) for path in thing.paths):
        return False
    # A superior answers for his own people, not for the unit that they happen to sit in.
    return grant.role is not Role.SUPERIOR or actor.person in thing.superiors


WHOLE_UNIT_ROLES = frozenset(Role) - {Role.SUPERIOR}
EVERY_ROLE = frozenset(Role)
SEE_ACCOUNT = Rule(roles=frozenset({Role.PERSONNEL, Role.AUDITOR}))
RESET_PASSWORD = Rule(roles=frozenset({Role.PERSONNEL}), decides=True)
MAKE_ACCOUNT = Rule(roles=frozenset({Role.PERSONNEL}), decides=True)
GRANT_ROLE = Rule(roles=frozenset({Role.PERSONNEL}), decides=True)
SEE_LOG_INS = Rule(roles=frozenset({Role.AUDITOR}))
SET_DEMAND = Rule(roles=frozenset({Role.PERSONNEL}))


def may_grant(actor: Actor, person: int, path: str) -> bool:
    """Whether the actor may give or end that person's roles on the unit: below his own units only, never his own."""
    return may(actor, GRANT_ROLE, Thing(paths=(path,), person=person))
