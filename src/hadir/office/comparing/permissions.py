from hadir.office.roles import Role, Rule

SEE_COMPARISON = Rule(roles=frozenset({Role.AUDITOR, Role.PERSONNEL}))
