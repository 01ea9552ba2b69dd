from hadir.office.roles import Role, Rule

SEE_ERASURES = Rule(roles=frozenset({Role.AUDITOR, Role.PERSONNEL}))
ERASE = Rule(roles=frozenset({Role.PERSONNEL}), decides=True)
