from hadir.office.roles import Role, Rule

SEE_REGISTER = Rule(roles=frozenset({Role.OPERATOR, Role.UNIT_HEAD, Role.PERSONNEL, Role.AUDITOR}))
IMPORT_STAFF = Rule(roles=frozenset({Role.PERSONNEL}))
