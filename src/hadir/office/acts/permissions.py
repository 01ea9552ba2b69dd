from hadir.office.accounts.permissions import Role, Rule

SEE_AUDIT = Rule(roles=frozenset({Role.AUDITOR}))
