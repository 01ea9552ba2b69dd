from hadir.office.accounts.permissions import Role, Rule

IMPORT_STAFF = Rule(roles=frozenset({Role.PERSONNEL}))
