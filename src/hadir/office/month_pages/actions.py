"""What people do with months. Each act is one record (kind 32), and only another one undoes it.

A record of closing holds the digest of all rows, so that nobody can change a closed month unseen, and names in numbers
what was closed; why stands in a salted detail beside it.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from hadir.office.acts.actions import write_decision
from hadir.office.acts.queries import ToldStep, told_steps
from hadir.office.acts.rows import write_rows
from hadir.office.ground.act_error import ActError
from hadir.office.ground.moments import day_at
from hadir.office.month_pages.adjusting import lines_now
from hadir.office.month_pages.recap import Lines, RecapRow, lines_of, month_recap
from hadir.office.month_pages.waiting import undecided_days
from hadir.office.months.closed_row import AdjustmentLine, body_of, rows_digest
from hadir.office.months.editions import older_days, waiting_in
from hadir.office.months.letters import current_letters
from hadir.office.months.models import (
    Carried,
    ClosedRow,
    Closing,
    ClosingAct,
    ClosingState,
    ClosingStep,
    DayLine,
    LateDay,
    Letters,
)
from hadir.office.months.permissions import (
    ASK_REOPEN,
    CLOSE_MONTH,
    MonthThing,
    may_grant,
    may_set_letters,
)
from hadir.office.page.periods import month_after
from hadir.office.projection.invalidation import mark_dirty
from hadir.office.projection.models import DirtyDay
from hadir.office.roles import ActBy, Actor
from hadir.office.units.models import Unit
from hadir.office.units.queries import covers


@dataclass(frozen=True, slots=True, kw_only=True)
class ToClose:
    """A unit's month that shall be closed, and until when its undecided days are to be decided."""

    unit: Unit
    first: date
    due: date


@transaction.atomic
def close_month(*, what: ToClose, policies: Path, by: ActBy) -> list[Closing]:
    """Close the month of the unit and of those below it that have not closed it yet. From then on it is as it is."""
    if not covers(by.actor, CLOSE_MONTH, what.unit):
        raise PermissionDenied
    if day_at(by.at_ms, what.unit.zone) < month_after(what.first):
        raise ActError("months.trouble.not_over")
    if what.due < day_at(by.at_ms, what.unit.zone):
        raise ActError("months.trouble.due", field="due")
    month = month_recap(policies, what.unit, what.first)
    if not month.open_units:
        raise ActError("months.trouble.already_closed" if month.closings else "months.trouble.nobody")
    people = {row.person for row in month.rows}
    if DirtyDay.objects.filter(person__in=people, day__gte=what.first, day__lt=month_after(what.first)).exists():
        raise ActError("months.trouble.still_judging")
    if not month.is_recorded:
        raise ActError("months.trouble.not_begun")
    if waiting_in([unit.number for unit in month.open_units], what.first).exists():
        raise ActError("months.trouble.edition_waits")
    return [
        _close(unit, [row for row in month.rows if row.unit == unit], what=what, by=by) for unit in month.open_units
    ]


def _close(unit: Unit, rows: Sequence[RecapRow], *, what: ToClose, by: ActBy) -> Closing:
    lines = {person: _by_date(found) for (_, person), found in lines_of([unit.number], what.first).items()}
    kept = [(row.person, body_of(row), lines.get(row.person, {})) for row in rows]
    closing = Closing.objects.create(
        unit=unit,
        first=what.first,
        closed_at_ms=by.at_ms,
        closed_by_id=by.number,
        due=what.due,
        people=len(rows),
        versions=_versions(unit, what.first),
        counts=_counts(rows),
        letters=current_letters(),
        digest=rows_digest(kept),
    )
    ClosedRow.objects.bulk_create(
        [ClosedRow(closing=closing, person_id=person, body=body, lines=own) for person, body, own in kept]
    )
    _carry(closing, [line for row in rows for line in row.adjustments])
    step = _step(closing, ClosingAct.CLOSE, by=by, before=None)
    write_rows(step.record, closing.rows.all(), closing.adjustments.all())
    return closing


def _by_date(lines: Lines) -> dict[str, str]:
    return {day.isoformat(): line for day, line in sorted((day, line) for line, days in lines.items() for day in days)}


def _versions(unit: Unit, first: date) -> list[dict[str, str]]:
    """Every policy and code that judged a day of the month."""
    days = DayLine.objects.filter(unit=unit.number, day__gte=first, day__lt=month_after(first))
    found = sorted(set(days.values_list("version", flat=True)))
    return [dict(zip(("policy", "sha256", "rules"), text.split(" ", 2), strict=True)) for text in found]


def _counts(rows: Sequence[RecapRow]) -> dict[str, Any]:
    """Of how good evidence the month is made: halves of days by grade and excuse, days by paper list and so on."""
    grades: Counter[str] = Counter()
    excuses: Counter[str] = Counter()
    for row in rows:
        grades.update(row.recap.grades)
        excuses.update(row.recap.excuses)
    dark = Counter(one.source for one in undecided_days(rows) if one.source)
    return {
        "grades": dict(sorted(grades.items())),
        "excuses": dict(sorted(excuses.items())),
        "manual": sum(row.recap.manual for row in rows),
        "undecided": sum(len(row.recap.undecided) for row in rows),
        "unproven": sum(len(row.unproven) for row in rows),
        "dark": dict(sorted(dark.items())),
    }


def _carry(closing: Closing, lines: Sequence[AdjustmentLine]) -> None:
    """Take adjustments of earlier months up: what they leave is paid from now on."""
    if not lines:
        return
    sources = list(Closing.objects.filter(number__in={line.closing for line in lines}))
    now = lines_now(sources, {line.person for line in lines})
    Carried.objects.bulk_create(
        Carried(
            source_id=line.closing,
            person_id=line.person,
            into=closing,
            of_allowance=line.of_allowance,
            lines=now.get((line.closing, line.person), {}),
        )
        for line in lines
    )
    for line in lines:
        LateDay.objects.filter(closing=line.closing, person=line.person).delete()


# --- reopening -------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_reopen(*, number: int, by: ActBy) -> Closing:
    """Ask that a closed month be opened again. It stays closed until another person grants it."""
    row = _locked(number)
    if not covers(by.actor, ASK_REOPEN, row.unit):
        raise PermissionDenied
    _check_closed(row)
    if row.asked_by_id is not None:
        raise ActError("months.trouble.already_asked")
    return _change(row, ClosingAct.ASK_REOPEN, by, asked_by_id=by.number)


@transaction.atomic
def grant_reopen(*, number: int, by: ActBy) -> Closing:
    """Open the month again, as another person asked. Its rows stay; the month is judged as everything known says."""
    row = _to_answer(number, by.actor)
    LateDay.objects.filter(closing=row).delete()
    mark_dirty(older_days(row.unit_id, row.first))  # an edition that was accepted meanwhile holds from now on
    return _change(row, ClosingAct.REOPEN, by, state=ClosingState.REOPENED, reopened_by_id=by.number)


@transaction.atomic
def keep_closed(*, number: int, by: ActBy) -> Closing:
    """Refuse to open the month again."""
    return _change(_to_answer(number, by.actor), ClosingAct.KEEP_CLOSED, by, asked_by_id=None)


def _to_answer(number: int, by: Actor) -> Closing:
    row = _locked(number)
    _check_closed(row)
    if row.asked_by_id is None:
        raise ActError("months.trouble.not_asked")
    if row.asked_by_id == by.person:
        raise ActError("months.trouble.two_people")
    if not may_grant(by, thing_of_month(row)):
        raise PermissionDenied
    return row


def _check_closed(row: Closing) -> None:
    if row.state != ClosingState.CLOSED:
        raise ActError("months.trouble.not_closed")
    # What a later month has taken up of this one would count twice: the last one is opened first.
    if Closing.objects.filter(unit=row.unit, first__gt=row.first, state=ClosingState.CLOSED).exists():
        raise ActError("months.trouble.later_closed")


def thing_of_month(row: Closing) -> MonthThing:
    people = row.rows.values_list("person", flat=True)
    return MonthThing(path=row.unit.path, people=frozenset(people), asked_by=row.asked_by_id)


def _locked(number: int) -> Closing:
    return Closing.objects.select_for_update(of=("self",)).select_related("unit").get(number=number)


def _content(row: Closing) -> str:
    """The closing in numbers and codes, as the record holds it."""
    asked = f" asked/{row.asked_by_id}" if row.asked_by_id else ""
    return f"{row.state} unit/{row.unit_id} {row.first:%Y-%m} people/{row.people} sha256/{row.digest}{asked}"


def _change(row: Closing, act: ClosingAct, by: ActBy, **columns: object) -> Closing:
    """The closing with these columns, and the act that left them so, with its reason."""
    before = _content(row)
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=columns)
    _step(row, act, by=by.reasoned("excuse.trouble.reason_needed"), before=before)
    return row


def _step(row: Closing, act: ClosingAct, *, by: ActBy, before: str | None) -> ClosingStep:
    record = write_decision(
        by=by, act=f"month.{act.value}", about=f"month/{row.number}", before=before, after=_content(row)
    )
    step = ClosingStep.objects.create(closing=row, act=act, by_id=by.number, at_ms=by.at_ms, record=record)
    write_rows(record, row, step)
    return step


# --- letters ---------------------------------------------------------------------------------------------------------

LETTER_LENGTH_MAX = 6


@transaction.atomic
def set_letters(*, letters: Mapping[str, str], by: ActBy) -> Letters:
    """The region's letters from now on. Closed months print with theirs."""
    if not may_set_letters(by.actor):
        raise PermissionDenied
    changed = {code: letter.strip() for code, letter in letters.items() if letter.strip() and letter.strip() != code}
    printed = [changed.get(code, code) for code in letters]
    if len(set(printed)) != len(printed) or any(len(letter) > LETTER_LENGTH_MAX for letter in printed):
        raise ActError("months.trouble.letters")
    record = write_decision(
        by=by.reasoned("excuse.trouble.reason_needed"),
        act="month.letters",
        about="letters",
        before=_told(current_letters()),
        after=_told(changed),
    )
    row = Letters.objects.create(letters=changed, set_at_ms=by.at_ms, set_by_id=by.number, record=record)
    write_rows(record, row)
    return row


def _told(letters: Mapping[str, str]) -> str:
    return " ".join(f"{code}={letter}" for code, letter in sorted(letters.items())) or "-"


def is_whole(row: Closing) -> bool:
    """Whether a closed month is what its record says: its rows, digested again, give the digest that stands there."""
    digest = rows_digest(row.rows.values_list("person", "body", "lines"))
    closed = row.steps.filter(act=ClosingAct.CLOSE).select_related("record").get()
    return f"sha256/{digest}" in json.loads(bytes(closed.record.body))["after"].split()


def steps_of(row: Closing) -> list[ToldStep[ClosingStep]]:
    """Everything that happened to the closing, in order."""
    return told_steps(list(row.steps.select_related("by", "record")))
