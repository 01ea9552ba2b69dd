"""`hadir rules diff`: a policy before it is published, and the stored verdicts against the installed rules."""

# ruff: noqa: PLC0415 - the office is imported when it is asked

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hadir.cli.as_known import first_day_of, office_of
from hadir.cli.command import tell
from hadir.config import SettingError
from hadir.rules import DayOutcome, PolicyComparison
from hadir.rules.reading import DocumentError

if TYPE_CHECKING:
    from hadir.office.judging.stored import StoredChange, StoredComparison


def diff(arguments: argparse.Namespace) -> None:
    if arguments.stored == (arguments.policy is not None):
        raise SettingError("say --policy FILE to try a policy, or --stored to compare what is stored")
    if arguments.stored:
        _diff_stored(arguments)
    else:
        _diff_policy(arguments)


def _diff_policy(arguments: argparse.Namespace) -> None:
    """The month as the office's records have it, judged by the law in force and by the proposed one."""
    if arguments.month is None:
        raise SettingError("--policy is tried on a month: say --month 2026-11")
    first = first_day_of(arguments.month)
    settings, site = office_of(arguments)
    from hadir.office.judging.dry_run import Trial, proposed_folder, try_policy

    try:
        with proposed_folder(settings.policies, arguments.policy) as folder:
            trial = Trial(site, settings.policies, folder, first.year, first.month)
            found = try_policy(trial, site.clock().now_ms(), _say)
    except DocumentError as error:
        raise SettingError(f"{arguments.policy} cannot be tried:\n{error}") from error
    told = _comparison(found, arguments.policy, arguments.month)
    tell(arguments, told, _comparison_lines(found, told))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _diff_stored(arguments: argparse.Namespace) -> None:
    """Every stored verdict that the installed rules would not give, by person and by letter. Nothing is written."""
    first = None if arguments.month is None else first_day_of(arguments.month)
    settings, site = office_of(arguments)
    from hadir.office.ground.laws import edition_digest
    from hadir.office.judging.judging import JudgeContext
    from hadir.office.judging.stored import compare_stored
    from hadir.rules.policy_file import RULES_VERSION

    context = JudgeContext(site=site, policies=settings.policies)
    found = compare_stored(context, now_ms=site.clock().now_ms(), first=first, say=_say)
    edition = {"rules": RULES_VERSION, "sha256": edition_digest(settings.policies)}
    told = _stored(found, arguments.month, edition)
    tell(arguments, told, _stored_lines(told))


# --- comparisons told ------------------------------------------------------------------------------------------------


def _comparison(found: PolicyComparison, policy: str, month: str) -> dict[str, Any]:
    return {
        "policy": policy,
        "month": month,
        "people": found.people,
        "person_days": found.days,
        "changed_people": len(found.changes),
        "changed_days": found.changed_days,
        "stricter": found.stricter,
        "milder": found.milder,
        "changes": [
            {
                "person": one.person,
                "before": float(one.before),
                "after": float(one.after),
                "change": float(one.change),
                "days": [
                    {"date": f"{each.date}", "before": _outcome(each.before), "after": _outcome(each.after)}
                    for each in one.days
                ],
            }
            for one in found.changes
        ],
    }


def _outcome(outcome: DayOutcome) -> dict[str, Any]:
    return {
        "code": outcome.code,
        "arrival": outcome.arrival,
        "departure": outcome.departure,
        "minutes": outcome.minutes,
        "deduction": float(outcome.percent),
    }


def _comparison_lines(found: PolicyComparison, told: dict[str, Any]) -> Iterator[str]:
    """Counts first, then people, those for whom most would change at the top."""
    counts = {key: value for key, value in told.items() if isinstance(value, int)}
    yield from (f"{key.replace('_', ' '):<15} {value}" for key, value in counts.items())
    for one in found.changes:
        yield f"\nperson {one.person}: {one.before} % -> {one.after} % of the allowance ({one.change:+})"
        yield from (f"  {each.date}  {_short(each.before)} -> {_short(each.after)}" for each in one.days)


def _short(outcome: DayOutcome) -> str:
    classes = " ".join(code for code in (outcome.arrival, outcome.departure) if code)
    return f"{outcome.code} {classes}".strip() + f" {outcome.percent.normalize():f} %"


# --- stored verdicts -------------------------------------------------------------------------------------------------


def _stored(found: "StoredComparison", month: str | None, edition: dict[str, str]) -> dict[str, Any]:
    counts = found.counts
    return {
        "month": month,
        "edition": edition,
        "people": len(found.people),
        "person_days": found.days,
        "changed_people": len(found.changes),
        "changed_days": counts.total(),
        "dearer": counts["dearer"],
        "milder": counts["milder"],
        "equal": counts["equal"],
        "letters": [
            {"before": before, "after": after, "days": days} for (before, after), days in found.letters.most_common()
        ],
        "changes": [
            {"person": person, "days": [_stored_day(one) for one in days]}
            for person, days in sorted(found.changes.items())
        ],
    }


def _stored_day(one: "StoredChange") -> dict[str, Any]:
    from hadir.office.months.lines import read_line

    before, after = (DayOutcome.of(read_line(line).verdict) for line in (one.before, one.after))
    return {"date": f"{one.day}", "change": one.change.value, "before": _outcome(before), "after": _outcome(after)}


def _stored_lines(told: dict[str, Any]) -> Iterator[str]:
    """Counts first, then letters, then people."""
    counts = {key: value for key, value in told.items() if isinstance(value, int)}
    yield from (f"{key.replace('_', ' '):<15} {value}" for key, value in counts.items())
    yield from (f"{one['before'] or '-'} -> {one['after'] or '-'}: {one['days']} days" for one in told["letters"])
    for person in told["changes"]:
        yield f"\nperson {person['person']}"
        for each in person["days"]:
            yield f"  {each['date']}  {_in_short(each['before'])} -> {_in_short(each['after'])}  {each['change']}"


def _in_short(outcome: dict[str, Any]) -> str:
    classes = " ".join(code for code in (outcome["arrival"], outcome["departure"]) if code)
    return f"{outcome['code']} {classes}".strip() + f" {outcome['deduction']:g} %"
