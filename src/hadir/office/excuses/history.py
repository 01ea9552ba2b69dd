"""An excuse as it stood at an earlier moment: replayed from what people did with it until then.

Its row keeps the newest state only. Its steps are never changed, and the record of each says in numbers what the
excuse was after it; only the words of an outage's legal basis are those of now.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy

import msgspec

from hadir.office.excuses.kinds import Act, State
from hadir.office.excuses.models import Excuse, Step
from hadir.records.server_records import Decision

_TOLD = re.compile(r"(?P<state>\w+) .* (?P<from_ms>\d+)\.\.(?P<until_ms>\d+)\+(?P<tail>\d+)min")
"""As `actions` tells the excuse in a record."""


def steps_by(row: Excuse, known_at_ms: int | None) -> list[Step]:
    """What had been done with it by then, in order."""
    return [step for step in row.steps.all() if known_at_ms is None or step.at_ms <= known_at_ms]


def as_it_stood(row: Excuse, known_at_ms: int) -> Excuse:
    """A copy of the row, not to be saved, as it stood after the last step until then."""
    stood = copy(row)
    steps = steps_by(row, known_at_ms)
    if not steps:
        stood.state = State.PROPOSED
        return stood
    decision = msgspec.json.decode(bytes(steps[-1].record.body), type=Decision)
    told = _TOLD.match(decision.after or "")
    assert told is not None
    stood.state = State(told["state"])
    stood.from_ms, stood.until_ms, stood.tail_minutes = int(told["from_ms"]), int(told["until_ms"]), int(told["tail"])
    stood.approved_by_id, stood.also_approved_by_id = _approvers(steps)
    return stood


def _approvers(steps: Sequence[Step]) -> tuple[int | None, int | None]:
    """Whoever approved since it was last attested."""
    found: list[int] = []
    for step in steps:
        if step.act == Act.ATTEST:
            found = []
        elif step.act == Act.APPROVE:
            found.append(step.by_id)
    return (found[0] if found else None), (found[1] if len(found) > 1 else None)
