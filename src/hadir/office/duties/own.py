"""Own policies as acts of law put them in force: which version of each holds on a day."""

from __future__ import annotations

from datetime import date

from hadir.office.duties.kinds import LawKind, OwnPolicy
from hadir.office.duties.models import LawAct
from hadir.office.ground.act_error import ActError
from hadir.office.ground.own_laws import own_set
from hadir.rules.policy import PolicyGapError


def in_force_on(day: date) -> dict[str, str]:
    """Own policy -> its version on that day. One query."""
    rows = LawAct.objects.on(day).filter(kind=LawKind.POLICY, also_by__isnull=False)
    found = {(said := row.says(OwnPolicy)).name: said.version for row in rows.order_by("from_date", "number")}
    return {name: version for name, version in found.items() if version is not None}


def uses_of(policy: str, day: date) -> int:
    """How many acts give that own policy to somebody on the day or after it."""
    rows = LawAct.objects.current().filter(kind=LawKind.DUTY, body__policy=policy)
    return rows.exclude(until_date__lte=day).count()


def check_own_policy(shape: OwnPolicy, draft: LawAct) -> None:
    """ActError unless the act may be made: of the whole office, of a text that holds from its first day on; or of an
    end that leaves nobody without a law.
    """
    if draft.unit is None or draft.unit.parent_id is not None or draft.until_date is not None:
        raise ActError("law.trouble.policy_for_all")
    if shape.version is None:
        if shape.name not in in_force_on(draft.from_date):
            raise ActError("law.trouble.policy_not_in_force", field="from_date")
        if uses_of(shape.name, draft.from_date):
            raise ActError("law.trouble.policy_in_use", field="from_date")
        return
    try:
        own_set(shape.version).on(draft.from_date)
    except PolicyGapError as error:
        raise ActError("law.trial.trouble.gap", field="from_date") from error
