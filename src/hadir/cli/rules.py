"""`hadir rules`: the law at the command line. Files are read and sentences are made here; all judging is in `rules`.

`explain`, `recap` and `diff` alone ask the office, and import it only then.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hadir.cli.as_known import KNOWN_HELP, judge_one, lines_of, office_of, recap, told_then
from hadir.cli.command import Command, Commands, Options, add_command, add_group, tell
from hadir.cli.diffs import diff
from hadir.cli.law_files import (
    document,
    faults_of,
    policies_in_use,
    policies_of_cases,
    policies_with,
    shipped_calendars,
)
from hadir.cli.laws import add_laws
from hadir.config import SettingError, shipped
from hadir.rules import (
    CaseFileError,
    CaseResult,
    Difference,
    Fault,
    Line,
    MonthResult,
    PartVerdict,
    PolicySet,
    Reason,
    Verdict,
    own_policies,
    parse_cases,
    run_any,
)
from hadir.rules.reading import BadValueError, day
from hadir.texts import both

if TYPE_CHECKING:
    from hadir.office.judging.judging import Judged

_MALFORMED = 2
"""Exit status when a file cannot be read as cases: nothing of it was judged."""


_OWN_POLICY = "a policy file of one's own, beside those in use; may be said several times"


def add_rules(commands: Commands) -> None:
    acts = add_group(commands, "rules", "the law: run its cases, judge cases of your own")
    data = {"type": Path, "help": "the data folder; by default HADIR_DATA"}
    files = {"type": Path, "nargs": "+", "metavar": "FILE", "help": "a case file, as docs/rules.md describes"}
    own = {"type": Path, "action": "append", "default": [], "metavar": "FILE", "help": _OWN_POLICY}
    commands_of_rules: tuple[tuple[str, Command, str, Options], ...] = (
        ("cases", _cases, 'run every shipped case; --json prints {"cases","failed"}', {}),
        ("judge", _judge, "judge the cases of a file and tell every verdict with its reasons", {
            "files": files,
            "--policies": own,
        }),
        ("explain", _explain, "the verdict on a person's day, step by step, to be read out", {
            "--data": data,
            "--person": {"type": int, "required": True, "help": "the person's number"},
            "--date": {"required": True, "help": "2026-09-15"},
            "--known": {"help": f"{KNOWN_HELP}; and what is said now, and what came since"},
        }),
        ("recap", recap, "a unit's month as the office knew it then, and who differs today by what", {
            "--data": data,
            "--unit": {"type": int, "required": True, "help": "the unit's number; with the units below it"},
            "--month": {"required": True, "help": "2026-03"},
            "--known": {"help": f"{KNOWN_HELP}; by default now"},
        }),
        ("diff", diff, "what a policy would change in a month of this office; or what the installed rules would", {
            "--policy": {"help": "a policy file; or the name of a set, tried on everybody"},
            "--stored": {"action": "store_true", "help": "hold the stored verdicts against the installed rules"},
            "--month": {"help": "2026-11; with --stored all months by default"},
            "--data": data,
        }),
    )  # fmt: skip
    for name, command, text, options in commands_of_rules:
        add_command(acts, name, command, text, data=None, as_json="print one JSON object", options=options)
    add_laws(acts)


# --- the two commands ------------------------------------------------------------------------------------------------


def _cases(arguments: argparse.Namespace) -> int:
    """All shipped cases against the policies in use. 1 when any fails."""
    policies = policies_in_use()
    files = sorted((shipped("policies") / "cases").glob("*.yaml"))
    results = [result for path in files for result in _judged(path, policies)]
    failed = [result for result in results if result.differences]
    counts = f"{len(results)} cases, {len(failed)} failed"
    tell(arguments, {"cases": len(results), "failed": len(failed)}, chain(map(_line, failed), [counts]))
    return 1 if failed else 0


def _judge(arguments: argparse.Namespace) -> int:
    """The cases of some files. 2 when one cannot be read; in words, 1 when a verdict is not what its case expects."""
    results: list[CaseResult | MonthResult] = []
    faults: list[Fault] = []
    policies = policies_with(arguments.policies) if arguments.policies else policies_in_use()
    for file in arguments.files:
        try:
            results += _judged(file, policies, arguments.policies)
        except CaseFileError as error:
            faults += faults_of(file, error.faults, file.name)
    if faults:
        return _refuse(arguments, faults)
    failed = sum(1 for result in results if result.differences)
    told = {"cases": [_told(result) for result in results], "failed": failed}
    tell(arguments, told, chain(map(_paragraph, results), [f"{len(results)} cases, {failed} failed"]))
    return 1 if failed and not arguments.json else 0


def _explain(arguments: argparse.Namespace) -> None:
    """One person-day as the office's records have it, judged now; with `--known` as they had it then."""
    try:
        on = day(arguments.date)
    except BadValueError as error:
        raise SettingError(f"--date {error}") from error
    judged = judge_one(*office_of(arguments), arguments.person, on)
    if judged is None and arguments.known is None:
        raise SettingError(f"person {arguments.person} is not known here, or had no duty on {on}")
    told: dict[str, Any] = {"person": arguments.person, "date": f"{on}"}
    if arguments.known is not None:
        told |= told_then(arguments, on, judged, _judged_day)
        lines = lines_of(told, _step)
    elif judged is not None:
        told |= _judged_day(judged)
        lines = _explained(told)
    tell(arguments, told, lines)


def _judged_day(judged: "Judged") -> dict[str, Any]:
    body = judged.body
    return {"duty": body["duty"], "law": body["law"], **_day(judged.verdict), "steps": [*map(_said, judged.steps)]}


def _explained(told: dict[str, Any]) -> Iterator[str]:
    """The reckoning by number, then what the verdict says."""
    yield from (f"{number}. {_step(said)}" for number, said in enumerate(told["steps"], start=1))
    yield from ("", *map(_step, told["reasons"])) if told["steps"] else map(_step, told["reasons"])


def _judged(
    path: Path, policies: Mapping[str, PolicySet], beside: Sequence[Path] = ()
) -> list[CaseResult | MonthResult]:
    """Every case with its verdict, or CaseFileError with the faults of all of them. Policies that the file brings lie
    beside those in use and those of the files `beside`.
    """
    results: list[CaseResult | MonthResult] = []
    faults: list[Fault] = []
    raw = document(path)
    own = own_policies(raw, path.name)
    policies = policies_of_cases(own, beside, path) if own else policies
    for case in parse_cases(raw, path.name):
        try:
            results.append(run_any(case, policies, shipped_calendars()))
        except CaseFileError as error:
            faults += error.faults
    if faults:
        raise CaseFileError(faults)
    return results


# --- faults with their lines -----------------------------------------------------------------------------------------


def _refuse(arguments: argparse.Namespace, faults: Sequence[Fault]) -> int:
    for fault in faults:
        at = "" if fault.line is None else f"line {fault.line}: "
        sys.stderr.write(f"hadir: {at}{fault}\n")
    if arguments.json:
        told = [{"line": fault.line, "place": fault.place, "message": fault.message} for fault in faults]
        sys.stdout.write(json.dumps({"cases": [], "failed": 0, "faults": told}, ensure_ascii=False) + "\n")
    return _MALFORMED


# --- verdicts told ---------------------------------------------------------------------------------------------------


def _told(result: CaseResult | MonthResult) -> dict[str, Any]:
    told = _month(result) if isinstance(result, MonthResult) else _day(result.verdict)
    differences = [{"path": one.path, "expected": one.expected, "got": one.got} for one in result.differences]
    return {"case": result.case.name, **told, "differences": differences}


def _month(result: MonthResult) -> dict[str, Any]:
    """A month's recap and the lines of its arithmetic, in the place of a verdict and its reasons."""
    settled, moved = result.settlement, result.adjustment
    return {
        "verdict": {
            "codes": dict(result.recap.codes),
            "work_days": result.recap.work_days,
            "minutes_short": result.recap.minutes_short,
            "percent": float(settled.percent),
            "of_allowance": float(settled.of_allowance),
            "weeks_short": result.weeks_short,
            "warnings": [one.row.code for one in result.warned],
            "adjustment": None
            if moved is None
            else {
                "of_allowance": float(moved.of_allowance),
                "days": [{"date": f"{on}", "before": was, "after": now} for on, was, now in moved.dates],
            },
        },
        "reasons": [
            {"code": line.code.value, **_sum_of(line), "article": line.article} for line in result.settlement.lines
        ],
    }


def _sum_of(line: Line) -> dict[str, str]:
    said = both(line.code)
    number = f"{line.value.normalize():f}"
    return {"id": f"{said['id']}: {number.replace('.', ',')} %", "en": f"{said['en']}: {number} %"}


def _day(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": {
            "status": verdict.status.value,
            "code": verdict.code,
            "arrival": _part(verdict.arrival),
            "departure": _part(verdict.departure),
            "deduction": float(verdict.deduction_percent),
            "provisional": verdict.provisional,
            "review": verdict.review.name.lower(),
            "identity": verdict.identity.value,
            "suggestions": [] if verdict.suggest is None else [verdict.suggest.value],
            "due": next((value for reason in verdict.reasons for name, value in reason.params if name == "due"), None),
            "roles": {tap.ref: tap.role.value for tap in verdict.taps},
            "ceremonies": {one.name: one.attendance.value for one in verdict.ceremonies},
            "excuses": list(verdict.excuses),
            "flex_used": verdict.flex_used,
        },
        "reasons": [_said(reason) for reason in verdict.reasons],
    }


def _part(part: PartVerdict | None) -> dict[str, Any]:
    if part is None:
        return {"class": None, "minutes": 0, "status": None}
    told: dict[str, Any] = {"class": part.class_code, "minutes": part.minutes, "status": part.status.value}
    told |= {"percent": float(part.percent), "tap": part.tap_ref, "review": part.review.name.lower()}
    told |= {"excuse": part.excuse_code, "excuses": list(part.excuses)}
    evidence = part.evidence
    grade = None if evidence is None else evidence.grade.value
    return {**told, "grade": grade, "counts_as": None if evidence is None else evidence.counts_as.value}


def _said(reason: Reason) -> dict[str, Any]:
    said = both(reason.code, reason.mapping)
    return {"code": reason.code.value, "id": said["id"], "en": said["en"], "article": reason.article}


def _paragraph(result: CaseResult | MonthResult) -> str:
    """A verdict as a clerk reads it out: every step, with its article."""
    steps = [f"  {_step(said)}" for said in _told(result)["reasons"]]
    return "\n".join([result.case.name, *steps, *map(_difference, result.differences), ""])


def _step(said: dict[str, Any]) -> str:
    return f"{said['id']}" + (f"  [{said['article']}]" if said["article"] else "")


def _line(result: CaseResult | MonthResult) -> str:
    return f"{result.case.policy}: {result.case.name}: " + "; ".join(map(_difference, result.differences))


def _difference(difference: Difference) -> str:
    return f"  {difference.path}: expected {difference.expected}, got {difference.got}"
