from hadir.office.roles import EVERY_ROLE, Role, Rule

SEE_TODAY = Rule(roles=EVERY_ROLE)
SEE_PERSON_DAY = Rule(roles=EVERY_ROLE)
SEE_RECEIPT = Rule(roles=EVERY_ROLE)
SEE_FAULTY = Rule(roles=frozenset({Role.OPERATOR, Role.PERSONNEL, Role.AUDITOR}))
"""Who sees records that no phone signed: those of people in sight; those in nobody's name, whoever sees everybody."""
CONFIRM_DAY = Rule(roles=frozenset({Role.SUPERIOR, Role.UNIT_HEAD}), decides=True)
"""Who may say that he saw somebody at work."""
UNCONFIRM_DAY = Rule(roles=frozenset({Role.SUPERIOR, Role.UNIT_HEAD, Role.PERSONNEL}), decides=True)
