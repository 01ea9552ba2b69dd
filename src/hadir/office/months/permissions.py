"""Who may see, close and reopen a month: pure functions of an actor and of where the month lies.

Closing decides nothing: it keeps what the rules said, the head's own days among them. Reopening is asked for by a head
or by personnel and granted by another person of personnel, who has no row in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from hadir.office.roles import EVERY_ROLE, WHOLE_UNIT_ROLES, Actor, Role, Rule, Thing, may

SEE_MONTH = Rule(roles=EVERY_ROLE)
EXPORT_MONTH = Rule(roles=WHOLE_UNIT_ROLES)
CLOSE_MONTH = Rule(roles=frozenset({Role.UNIT_HEAD, Role.PERSONNEL}))
ASK_REOPEN = Rule(roles=frozenset({Role.UNIT_HEAD, Role.PERSONNEL}))
GRANT_REOPEN = Rule(roles=frozenset({Role.PERSONNEL}), decides=True)
SET_LETTERS = Rule(roles=frozenset({Role.PERSONNEL}))
SEE_EDITION = Rule(roles=frozenset({Role.PERSONNEL, Role.AUDITOR}))
ACCEPT_EDITION = Rule(roles=frozenset({Role.PERSONNEL}))


@dataclass(frozen=True, slots=True)
class MonthThing:
    """What the permissions see of a closed month."""

    path: str
    people: frozenset[int] = frozenset()
    asked_by: int | None = None


def may_grant(actor: Actor, thing: MonthThing) -> bool:
    """Another person than the one who asked, and nobody whose own days would open."""
    if actor.person in thing.people or actor.person == thing.asked_by:
        return False
    return may(actor, GRANT_REOPEN, Thing(paths=(thing.path,)))


def may_set_letters(actor: Actor) -> bool:
    """They are one set for the whole region, so only who answers for all of it."""
    return _answers_for_all(actor, SET_LETTERS)


def may_accept(actor: Actor) -> bool:
    """An edition of the rules is one for the whole region, and it is accepted as a whole: nobody picks days, so that
    nobody decides on his own.
    """
    return _answers_for_all(actor, ACCEPT_EDITION)


def _answers_for_all(actor: Actor, rule: Rule) -> bool:
    return any(path.count("/") == len("//") for path in actor.paths(rule.roles))
