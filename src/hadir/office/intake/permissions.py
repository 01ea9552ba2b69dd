from hadir.office.roles import Role, Rule

_IN_THE_UNIT = frozenset({Role.OPERATOR, Role.PERSONNEL})

SEE_TERMINALS = Rule(roles=_IN_THE_UNIT | {Role.UNIT_HEAD, Role.AUDITOR})
IMPORT_FILE = Rule(roles=_IN_THE_UNIT)
MAP_PIN = Rule(roles=_IN_THE_UNIT, decides=True)
MAP_BY_LIST = Rule(roles=frozenset({Role.PERSONNEL}))
"""A whole list, like the register itself: it may name the one who brings it."""
PLACE_TERMINAL = Rule(roles=frozenset({Role.PERSONNEL}))
