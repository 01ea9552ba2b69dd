from hadir.office.accounts.permissions import Role, Rule

SEE_COMPARISON = Rule(roles=frozenset({Role.AUDITOR, Role.PERSONNEL}))
