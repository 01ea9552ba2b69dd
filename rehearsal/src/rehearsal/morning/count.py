"""What a morning amounts to: the truth held against the journals and the verdicts. Pure; docs/operating.md, "Drill",
defines each number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.morning.crowd import DrillPhone, Observations
from rehearsal.morning.plan import MINUTE_MS, Arrival, DrillPlan

SOFT_GRADES = frozenset("CDE")
"""Grades that rest on more than a receipt or a witness: no hard bound holds the claim to within minutes."""
ON_A_LIST = frozenset({"ask_superior", "sample"})
MINUTES_TOLERANCE = 1
"""Clocks of honest phones are seconds off, which may move a tap into the next whole minute."""


@dataclass(frozen=True)
class DrillFindings:
    """What the system says: leaves for each record hash, and the stored verdict of each person."""

    leaves: Mapping[str, int]
    verdicts: Mapping[int, Mapping[str, Any]]


@dataclass
class Count:
    """The drill's numbers, and who stands behind the bad ones."""

    taps: int
    receipts: int
    lost: int
    duplicated: int
    wrongly_late: int
    wrongly_on_time: int
    unproven: int
    attempts_per_tap: float
    p50_ms: float
    p99_ms: float
    late_by_server: int
    """People on time whom a system would call late that counts from when its server heard of the tap. Not ours: the
    old way, for comparison.
    """
    bad: dict[str, list[int]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing lost, nothing doubled, nobody judged wrongly."""
        wrong = self.lost + self.duplicated + self.wrongly_late + self.wrongly_on_time
        return self.taps > 0 and wrong == 0 and self.receipts == self.taps

    def members(self) -> dict[str, int | float]:
        return {
            "taps": self.taps,
            "receipts": self.receipts,
            "lost": self.lost,
            "duplicated": self.duplicated,
            "wrongly_late": self.wrongly_late,
            "wrongly_on_time": self.wrongly_on_time,
            "unproven": self.unproven,
            "attempts_per_tap": round(self.attempts_per_tap, 2),
            "p50_ms": round(self.p50_ms, 1),
            "p99_ms": round(self.p99_ms, 1),
        }


def count_morning(plan: DrillPlan, people: Sequence[DrillPhone], seen: Observations, found: DrillFindings) -> Count:
    taps = [tap for person in people for tap in person.taps]
    lost = [person.person for person in people if not person.taps or _lost_taps(person, found)]
    doubled = [name for name, leaves in found.leaves.items() if leaves > 1]
    late = [person.person for person in people if _is_wrongly_late(plan, person, found)]
    unproven = [person.person for person in people if _is_unproven(plan, person, found)]
    standing = [person.person for person in people if _stands_on_time(plan, person, found)]
    on_time = [person for person in standing if person not in unproven]
    waited = sorted(ms for _, ms in seen.accepted)
    return Count(
        taps=len(taps),
        receipts=sum(tap.receipt is not None for tap in taps),
        lost=sum(_lost_taps(person, found) for person in people),
        duplicated=len(doubled),
        wrongly_late=len(late),
        wrongly_on_time=len(on_time),
        unproven=len(unproven),
        attempts_per_tap=sum(tap.tries for tap in taps) / max(1, len(taps)),
        p50_ms=quantile(waited, 0.5),
        p99_ms=quantile(waited, 0.99),
        late_by_server=sum(_is_late_by_server(plan, person) for person in people),
        bad={"lost": lost, "wrongly_late": late, "wrongly_on_time": on_time, "unproven": unproven},
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed; 0 of none."""
    return ordered[max(0, -(-int(share * 1000 * len(ordered)) // 1000) - 1)] if ordered else 0.0


# Each person: the first tap is the arrival, and `Tap.tapped_ms` is the truth.


def _lost_taps(person: DrillPhone, found: DrillFindings) -> int:
    """Taps without a leaf in any journal, or that the verdict of the person's day does not list."""
    listed = {tap["ref"] for tap in found.verdicts.get(person.person, {}).get("taps", ())}
    return sum(tap.hash not in found.leaves or tap.hash not in listed for tap in person.taps)


def _arrival(person: DrillPhone, found: DrillFindings) -> Mapping[str, Any]:
    return found.verdicts.get(person.person, {}).get("arrival") or {}


def true_minutes(plan: DrillPlan, person: DrillPhone) -> int:
    """Whole minutes after the start of work of the true tap; 0 for one on time."""
    return max(0, (person.taps[0].tapped_ms - plan.starts_ms) // MINUTE_MS)


def is_betrayed(plan: DrillPlan, person: DrillPhone) -> bool:
    """Whether the tap carries a time, signed by the gate, at which it was late already."""
    signed_ms = person.taps[0].signed_ms
    return signed_ms is not None and signed_ms >= plan.first_late_ms


def _is_late_by_server(plan: DrillPlan, person: DrillPhone) -> bool:
    """On time in truth, and late for a system that counts from when its server heard of the tap."""
    if not person.taps or true_minutes(plan, person) > 0:
        return False
    received_ms = person.taps[0].received_ms
    return received_ms is None or received_ms >= plan.first_late_ms


def _is_wrongly_late(plan: DrillPlan, person: DrillPhone, found: DrillFindings) -> bool:
    """On time in truth and not on time in the verdict; or late in truth and judged later than that."""
    arrival = _arrival(person, found)
    if not person.taps or not arrival:
        return False  # counted as lost
    minutes = true_minutes(plan, person)
    if minutes == 0:
        return bool(arrival["status"] != "on_time")
    return bool(arrival["status"] != "on_time" and arrival["minutes"] > minutes + MINUTES_TOLERANCE)


def _stands_on_time(plan: DrillPlan, person: DrillPhone, found: DrillFindings) -> bool:
    """Late in truth, and the verdict says otherwise."""
    if not person.taps or true_minutes(plan, person) == 0:
        return False
    return _arrival(person, found).get("status") not in {"short", None}


def _is_unproven(plan: DrillPlan, person: DrillPhone, found: DrillFindings) -> bool:
    """The clock lied, no signed bound says so, and the day stands on time with a soft grade on a list for people."""
    arrival = _arrival(person, found)
    return (
        _stands_on_time(plan, person, found)
        and person.scenario.story is Arrival.TURNED_BACK
        and not is_betrayed(plan, person)
        and arrival["grade"] in SOFT_GRADES
        and arrival["review"] in ON_A_LIST
    )
