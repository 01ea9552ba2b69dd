from hadir.office.roles import EVERY_ROLE, Rule

SEE_TASKS = Rule(roles=EVERY_ROLE)
