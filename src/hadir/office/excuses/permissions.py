"""Who may see, enter, attest and approve an excuse: pure functions of an actor and of where the excuse lies.

An operator or a head enters; a head attests, for his unit; personnel approves, for all that the excuse concerns. Who
entered or attested does not approve, and nobody acts on an excuse that names himself.
"""

from __future__ import annotations

from dataclasses import dataclass

from hadir.office.excuses.kinds import ExcuseAct
from hadir.office.roles import Actor, Role, Rule

SEE_EXCUSES = Rule(roles=frozenset({Role.OPERATOR, Role.UNIT_HEAD, Role.PERSONNEL, Role.AUDITOR}))
ENTER_EXCUSE = Rule(roles=frozenset({Role.OPERATOR, Role.UNIT_HEAD, Role.PERSONNEL}), decides=True)
ATTEST_EXCUSE = Rule(roles=frozenset({Role.UNIT_HEAD, Role.PERSONNEL}), decides=True)
APPROVE_EXCUSE = Rule(roles=frozenset({Role.PERSONNEL}), decides=True)
SEE_REASON = Rule(roles=frozenset({Role.PERSONNEL, Role.AUDITOR}))
"""Why somebody was dispensed or ill is not for everybody who may see that he was. Who attested it knows it anyway."""


@dataclass(frozen=True, slots=True)
class ExcuseThing:
    path: str
    """The subtree it concerns; "/" for everybody."""
    is_outage: bool
    named: frozenset[int] = frozenset()
    spoke: frozenset[int] = frozenset()
    """Everybody who ever entered or attested it, even where somebody else has attested it since."""
    approved_by: int | None = None
    change_asked_by: int | None = None
    waits_for_word: bool = False
    """Whether somebody still has to attest it."""
    vouched: frozenset[str] = frozenset()
    """Subtrees whose heads have said that their people were at work."""


def may_see(actor: Actor, thing: ExcuseThing) -> bool:
    """Below one's own units; and an outage of a unit above them, since it is theirs too."""
    return any(
        thing.path.startswith(path) or (thing.is_outage and path.startswith(thing.path))
        for path in actor.paths(SEE_EXCUSES.roles)
    )


def may_do(actor: Actor, act: ExcuseAct, thing: ExcuseThing) -> bool:
    if actor.person is None or actor.person in thing.named or not may_see(actor, thing):
        return False
    if act is ExcuseAct.APPROVE:
        earlier = {*thing.spoke, thing.approved_by}
        return covers_whole(actor, APPROVE_EXCUSE, thing) and actor.person not in earlier
    if act in {ExcuseAct.WITHDRAW, ExcuseAct.CHANGE, ExcuseAct.AGREE, ExcuseAct.KEEP}:
        is_first = act is ExcuseAct.AGREE and actor.person == thing.change_asked_by
        can_be = thing.is_outage or act is ExcuseAct.WITHDRAW
        return can_be and not is_first and covers_whole(actor, APPROVE_EXCUSE, thing)
    if act is ExcuseAct.VOUCH:
        word = set(head_paths(actor, thing)) - thing.vouched
        return thing.is_outage and bool(word) and actor.person != thing.approved_by
    if act is ExcuseAct.ATTEST:
        # A head attests an outage of everybody as far as his unit goes.
        paths = actor.paths(ATTEST_EXCUSE.roles) if thing.is_outage else ()
        return covers_whole(actor, ATTEST_EXCUSE, thing) or any(path.startswith(thing.path) for path in paths)
    return covers_whole(actor, ENTER_EXCUSE if act is ExcuseAct.ENTER else ATTEST_EXCUSE, thing)


def could_do(actor: Actor, act: ExcuseAct, thing: ExcuseThing) -> bool:
    """Whether the act would be this person's, had it not been decided already: then the page says so."""
    rule = APPROVE_EXCUSE if act in _DECISIONS else ATTEST_EXCUSE
    return actor.person not in thing.named and may_see(actor, thing) and covers_whole(actor, rule, thing)


_DECISIONS = frozenset(
    {ExcuseAct.APPROVE, ExcuseAct.WITHDRAW, ExcuseAct.CHANGE, ExcuseAct.AGREE, ExcuseAct.KEEP}
)  # fmt: skip


def head_paths(actor: Actor, thing: ExcuseThing) -> tuple[str, ...]:
    """The subtrees for which the actor can speak as their head: his units, as far as the thing concerns them."""
    mine = actor.paths(frozenset({Role.UNIT_HEAD}))
    met = (sorted((path, thing.path), key=len) for path in mine)
    return tuple(sorted({inner for outer, inner in met if inner.startswith(outer)}))


def covers_whole(actor: Actor, rule: Rule, thing: ExcuseThing) -> bool:
    """Whether one grant reaches everybody whom the excuse concerns."""
    return any(
        thing.path.startswith(path) or (thing.path == "/" and path.count("/") == 2)  # the root, for everybody
        for path in actor.paths(rule.roles)
    )


def may_see_reason(actor: Actor, thing: ExcuseThing) -> bool:
    if thing.is_outage or actor.person in thing.spoke:
        return True
    if thing.waits_for_word and may_do(actor, ExcuseAct.ATTEST, thing):
        return True  # The word is asked of him, and the form promised that he reads why.
    return any(thing.path.startswith(path) for path in actor.paths(SEE_REASON.roles))
