from hadir.office.roles import Role, Rule

SEE_MANUAL = Rule(roles=frozenset({Role.OPERATOR, Role.UNIT_HEAD, Role.PERSONNEL, Role.AUDITOR}))
RECORD_MANUAL = Rule(roles=frozenset({Role.UNIT_HEAD}), decides=True)
WITHDRAW_MANUAL = Rule(roles=frozenset({Role.UNIT_HEAD, Role.PERSONNEL}), decides=True)
SEE_SHEET = Rule(roles=frozenset({Role.UNIT_HEAD, Role.PERSONNEL, Role.AUDITOR}))
"""The photo shows signatures: not for operators."""
