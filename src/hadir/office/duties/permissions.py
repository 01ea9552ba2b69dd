"""Who may make which act of law, keep groups and rosters, and read why somebody was dispensed."""

from hadir.office.duties.kinds import LawKind
from hadir.office.roles import Role, Rule

SEE_LAW = Rule(roles=frozenset({Role.OPERATOR, Role.UNIT_HEAD, Role.PERSONNEL, Role.AUDITOR}))
SEE_REASON = Rule(roles=frozenset({Role.PERSONNEL, Role.AUDITOR}))
"""Why a group was dispensed, and the name of a private group."""

_PERSONNEL = Rule(roles=frozenset({Role.PERSONNEL}), decides=True)
_HEADS = Rule(roles=frozenset({Role.UNIT_HEAD, Role.PERSONNEL}), decides=True)

MAKE_LAW: dict[LawKind, Rule] = {
    LawKind.DUTY: _PERSONNEL,
    LawKind.CALENDAR: _PERSONNEL,
    LawKind.RAMADAN: _PERSONNEL,
    LawKind.CIRCULAR: _PERSONNEL,
    LawKind.DISPENSATION: _PERSONNEL,
    LawKind.CEREMONY: _HEADS,
    LawKind.REMOTE: _HEADS,
    LawKind.ROLL_OUT: _PERSONNEL,
    LawKind.DIRECTION: _PERSONNEL,
    LawKind.POLICY: _PERSONNEL,
    LawKind.DECREE: _PERSONNEL,
}
KEEP_GROUP = _HEADS
KEEP_ROSTER = Rule(roles=frozenset({Role.OPERATOR, Role.UNIT_HEAD, Role.PERSONNEL}), decides=True)
TRY_POLICY = Rule(roles=frozenset({Role.PERSONNEL}))
SEE_TRIAL = Rule(roles=frozenset({Role.PERSONNEL, Role.AUDITOR}))
"""What a policy would change for whom, before it is published."""
