"""A verdict as stored JSON: codes, numbers and parameters. Sentences are made where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from hadir.office.judging.person_day import PersonDay
from hadir.rules.reasons import Reason
from hadir.rules.verdict import PartVerdict, Verdict

NO_SOURCES: Mapping[str, str] = MappingProxyType({})


def verdict_body(
    where: PersonDay, verdict: Verdict, sources: Mapping[str, str] = NO_SOURCES, *, dark: str = ""
) -> dict[str, Any]:
    """`sources` names where each tap that no phone made was recorded; `dark` the source that left it undecided."""
    return {
        "unit": where.unit.number,
        "zone": where.unit.zone,
        "duty": _duty(where),
        "law": [{"number": act.number, "kind": act.kind, "ref": act.ref} for act in where.law.acts],
        "status": verdict.status.value,
        "code": verdict.code,
        "arrival": _part(verdict.arrival, provisional=verdict.provisional),
        "departure": _part(verdict.departure, provisional=verdict.provisional),
        "deduction_percent": str(verdict.deduction_percent),
        "provisional": verdict.provisional,
        "review": verdict.review.name.lower(),
        "identity": verdict.identity.value,
        "suggest": verdict.suggest.value if verdict.suggest else None,
        "excuses": list(verdict.excuses),
        "ceremonies": [
            {"name": one.name, "code": one.code, "attendance": one.attendance.value, "percent": str(one.percent)}
            for one in verdict.ceremonies
        ],
        "flex_used": verdict.flex_used,
        "dark": dark or None,
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


def _duty(where: PersonDay) -> dict[str, Any] | None:
    """From the first part's start to the last one's end; `parts` for a split shift."""
    days = where.duty_days
    if not days:
        return None
    told: dict[str, Any] = {
        "name": ", ".join(day.duty for day in days),
        "kind": days[0].kind.value,
        "start_ms": days[0].start_ms,
        "end_ms": days[-1].end_ms,
    }
    if len(days) > 1:
        told["parts"] = [{"start_ms": day.start_ms, "end_ms": day.end_ms} for day in days]
    return told


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
        "excuse_code": part.excuse_code,
        "headline": reason_body(part.headline(provisional=provisional)),
    }
