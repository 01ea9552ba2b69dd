from hadir.office.roles import Role, Rule

SEE_AUDIT = Rule(roles=frozenset({Role.AUDITOR}))
