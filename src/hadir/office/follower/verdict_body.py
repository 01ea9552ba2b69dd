"""A verdict as stored JSON: codes, numbers and parameters. Sentences are made where they are shown."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hadir.office.follower.judging import PersonDay
    from hadir.rules.reasons import Reason
    from hadir.rules.verdict import PartVerdict, Verdict


NO_SOURCES: Mapping[str, str] = MappingProxyType({})


def verdict_body(where: PersonDay, verdict: Verdict, sources: Mapping[str, str] = NO_SOURCES) -> dict[str, Any]:
    """`sources` names where each tap that no phone made was recorded."""
    duty = where.duty_day
    return {
        "unit": where.unit.number,
        "zone": where.unit.zone,
        "duty": None if duty is None else {"name": duty.duty, "start_ms": duty.start_ms, "end_ms": duty.end_ms},
        "status": verdict.status.value,
        "arrival": _part(verdict.arrival, provisional=verdict.provisional),
        "departure": _part(verdict.departure, provisional=verdict.provisional),
        "deduction_percent": str(verdict.deduction_percent),
        "provisional": verdict.provisional,
        "review": verdict.review.name.lower(),
        "identity": verdict.identity.value,
        "suggest": verdict.suggest.value if verdict.suggest else None,
        "taps": [
            {"ref": tap.ref, "direction": tap.direction.value, "judged_ms": tap.judged_ms, "role": tap.role.value}
            | ({"source": sources[tap.ref]} if tap.ref in sources else {})
            for tap in verdict.taps
        ],
        "reasons": [reason_body(reason) for reason in verdict.reasons],
        "version": {
            "policy": verdict.version.name,
            "sha256": verdict.version.sha256,
            "rules": verdict.version.rules,
        },
    }


def reason_body(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code.value, "params": reason.mapping, "article": reason.article}


def _part(part: PartVerdict | None, *, provisional: bool) -> dict[str, Any] | None:
    if part is None:
        return None
    return {
        "status": part.status.value,
        "class": part.class_code,
        "minutes": part.minutes,
        "percent": str(part.percent),
        "tap": part.tap_ref,
        "counted_ms": part.counted_ms,
        "grade": part.evidence.grade.value if part.evidence else None,
        "review": part.review.name.lower(),
        "excuses": list(part.excuses),
        "headline": reason_body(part.headline(provisional=provisional)),
    }
