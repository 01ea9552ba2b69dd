"""The columns of a recap, as regions print it: their letters come from the policies of its rows, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct
from hadir.office.ground.laws import laws
from hadir.office.month_pages.recap import MonthRecap, Row, after
from hadir.office.months.letters import printed
from hadir.rules.policy import Policy, PolicyGapError

Value = int | Decimal | str | None
"""None: nothing can be said. A screen writes a dash, a file leaves the cell empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands at its head (a letter, or the code of a text), and what of a row."""

    head: str
    value: Callable[[Row], Value]
    is_text: bool = False
    """Whether `head` is the code of a text rather than a letter."""
    minutes: Callable[[Row], int] | None = None
    """Of a class: its minutes, beside how often."""


def columns(policies: Path, month: MonthRecap, letters: Mapping[str, str]) -> list[Column]:
    """Every column between the dates and the remarks (domain: rekapitulasi kehadiran)."""
    known = policies_of(policies, month)
    return [
        Column("months.column.work_days", lambda row: row.recap.work_days, is_text=True),
        *(_of_code(code, letters) for code in day_codes(known, month.rows)),
        *_classes(known, month.rows, letters, is_late=True),
        *_classes(known, month.rows, letters, is_late=False),
        *_missing_taps(known, letters),
        *(_of_ceremony(code, letters) for code in _ordered(known, lambda one: one.ceremonies)),
        Column("months.column.minutes", lambda row: row.recap.minutes_short, is_text=True),
        *_of_weeks(month.rows),
        Column("months.column.converted", lambda row: row.settlement.converted_days, is_text=True),
        *_deducted(month.rows),
        Column("months.column.adjusted", lambda row: row.adjusted, is_text=True),
        Column("months.column.present", present_shown, is_text=True),
    ]


def screen_columns(policies: Path, month: MonthRecap, letters: Mapping[str, str]) -> list[Column]:
    """What a screen has room for: the letters that occur, lateness and early leave as one column each."""
    known = policies_of(policies, month)
    used = [code for code in day_codes(known, month.rows) if any(row.recap.codes.get(code) for row in month.rows)]
    ceremonies = [
        code
        for code in _ordered(known, lambda one: one.ceremonies)
        if any(row.recap.ceremonies_missed.get(code) for row in month.rows)
    ]
    maybe = [
        Column("months.column.converted", lambda row: row.settlement.converted_days, is_text=True),
        Column("months.column.adjusted", lambda row: row.adjusted, is_text=True),
    ]
    return [
        Column("months.column.work_days", lambda row: row.recap.work_days, is_text=True),
        *(_of_code(code, letters) for code in used),
        Column("months.column.late", lambda row: row.late_times, is_text=True),
        Column("months.column.early", lambda row: row.early_times, is_text=True),
        *_missing_taps(known, letters),
        *(_of_ceremony(code, letters) for code in ceremonies),
        Column("months.column.minutes", lambda row: row.recap.minutes_short, is_text=True),
        *_of_weeks(month.rows),
        *(column for column in maybe if any(column.value(row) for row in month.rows)),
        _deducted(month.rows)[-1],
        Column("months.column.present", present_shown, is_text=True),
    ]


def present_shown(row: Row) -> Decimal | None:
    """How much of the month somebody was there; None while no work day of it has evidence. A closed row is printed as
    it was signed.
    """
    has_evidence = row.recap.work_days > len(row.recap.undecided)
    return row.settlement.present_percent if has_evidence or row.is_closed else None


def _deducted(rows: Iterable[Row]) -> list[Column]:
    """What is deducted; where the base is only a part of the allowance, of the part and of the whole, each by name."""
    if all(row.settlement.percent == row.settlement.of_allowance for row in rows):
        return [Column("months.column.percent", lambda row: row.settlement.of_allowance, is_text=True)]
    return [
        Column("months.column.of_part", lambda row: row.settlement.percent, is_text=True),
        Column("months.column.of_allowance", lambda row: row.settlement.of_allowance, is_text=True),
    ]


def _of_weeks(rows: Iterable[Row]) -> list[Column]:
    """What the weeks of dynamic duties lack, where anybody has one."""
    weekly = Column("months.column.weekly", lambda row: row.weekly_short or 0, is_text=True)
    return [weekly] if any(row.weekly_short is not None for row in rows) else []


def policies_of(policies: Path, month: MonthRecap) -> list[Policy]:
    """The policy sets by which the rows were settled, as they stand at the month's end."""
    last = after(month.first) - timedelta(days=1)
    found = (_policy(policies, name, last) for name in sorted({row.policy for row in month.rows if row.policy}))
    return [policy for policy in found if policy is not None]


def _policy(policies: Path, name: str, day: date) -> Policy | None:
    """None for a set that is not among the files any more: a closed month may outlive its policy."""
    policy_set = laws(policies).get(name)
    try:
        return policy_set.on(day) if policy_set else None
    except PolicyGapError:
        return None


def day_codes(policies: Sequence[Policy], rows: Iterable[Row]) -> list[str]:
    """The letters of days, in the order of the policies: present, excuses, remote, absent; then what else occurs."""
    free = {policy.codes[name] for policy in policies for name in ("free", "night_before", "not_yet")}
    ordered = [
        *(policy.codes["present"] for policy in policies),
        *(code for policy in policies for code in policy.excuses),
        *(policy.codes[name] for policy in policies for name in ("outage", "remote")),
        *(policy.absent.code for policy in policies),
        *(policy.codes["undecided"] for policy in policies),
    ]
    seen = sorted({code for row in rows for code in row.recap.codes if code})
    return [code for code in dict.fromkeys([*ordered, *seen]) if code not in free]


def _of_code(code: str, letters: Mapping[str, str]) -> Column:
    return Column(printed(code, letters), lambda row: row.recap.codes.get(code, 0))


def _of_ceremony(code: str, letters: Mapping[str, str]) -> Column:
    return Column(printed(code, letters), lambda row: row.recap.ceremonies_missed.get(code, 0))


def _classes(
    policies: Sequence[Policy], rows: Sequence[Row], letters: Mapping[str, str], *, is_late: bool
) -> list[Column]:
    """For each class how often, and how many minutes."""
    own = [code for policy in policies for code in _class_codes(policy, is_late=is_late)]
    seen = sorted({code for row in rows for code in (row.recap.late if is_late else row.recap.early)})
    return [_of_class(code, letters, is_late=is_late) for code in dict.fromkeys([*own, *seen])]


def _class_codes(policy: Policy, *, is_late: bool) -> list[str]:
    return [row.code for row in (policy.arrival if is_late else policy.departure).classes]


def _of_class(code: str, letters: Mapping[str, str], *, is_late: bool) -> Column:
    def count(row: Row) -> int:
        if row.shown is not None:
            return row.days_with(code)
        found = (row.recap.late if is_late else row.recap.early).get(code)
        return found.count if found else 0

    def minutes(row: Row) -> int:
        found = (row.recap.late if is_late else row.recap.early).get(code)
        return found.minutes if found else 0

    return Column(printed(code, letters), count, minutes=minutes)


def _missing_taps(policies: Sequence[Policy], letters: Mapping[str, str]) -> list[Column]:
    """How often no arrival and no departure; where nothing was judged yet no law has a letter for them."""
    codes = next((policy.codes for policy in policies), None)
    if codes is None:
        return []
    return [
        Column(printed(codes["no_arrival"], letters), lambda row: row.recap.no_arrival),
        Column(printed(codes["no_departure"], letters), lambda row: row.recap.no_departure),
    ]


def _ordered(policies: Sequence[Policy], of: Callable[[Policy], Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(code for policy in policies for code in of(policy)))


def all_codes(policies: Path, day: date) -> list[str]:
    """Every code that a recap can print by the policies in use on `day`: what the page of letters lists."""
    bodies = LawAct.objects.on(day).filter(kind=LawKind.DUTY).values_list("body", flat=True)
    named = sorted({body["policy"] for body in bodies if body.get("policy")})
    found = [policy for name in named if (policy := _policy(policies, name, day)) is not None]
    return list(
        dict.fromkeys([
            *day_codes(found, ()),
            *(policy.codes[name] for policy in found for name in ("free", "night_before")),
            *(code for policy in found for late in (True, False) for code in _class_codes(policy, is_late=late)),
            *(policy.codes[name] for policy in found for name in ("no_arrival", "no_departure")),
            *_ordered(found, lambda one: one.ceremonies),
        ])
    )  # fmt: skip
