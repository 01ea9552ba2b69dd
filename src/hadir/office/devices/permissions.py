from hadir.office.roles import Role, Rule

_IN_THE_UNIT = frozenset({Role.OPERATOR, Role.UNIT_HEAD, Role.PERSONNEL})

SEE_DEVICES = Rule(roles=_IN_THE_UNIT | {Role.AUDITOR})
DECIDE_DEVICE = Rule(roles=_IN_THE_UNIT, decides=True)
SEE_SLIPS = Rule(roles=_IN_THE_UNIT)
"""Not the auditor: a slip's code lets its reader enrol a phone, and he changes nothing."""
ISSUE_SLIP = Rule(roles=_IN_THE_UNIT, decides=True)
