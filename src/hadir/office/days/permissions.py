from hadir.office.accounts.permissions import EVERY_ROLE, Rule

SEE_TODAY = Rule(roles=EVERY_ROLE)
SEE_PERSON_DAY = Rule(roles=EVERY_ROLE)
SEE_RECEIPT = Rule(roles=EVERY_ROLE)
