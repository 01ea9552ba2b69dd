"""A month is the fold of its days: nothing is looked up, nothing is decided again.

    recap_of(days) = plus(recap_of([1st]), plus(recap_of([2nd]), ...))      settle(recap, policy) ──► the percentage

`plus` is associative, so a person who was transferred in mid-month has one recap at each unit, and their sum is the
month. A closed month is a value that is kept; what comes later becomes an adjustment line of the next month. Days
without valid reason are counted against PP 94/2021 and shown as warnings; no sanction is ever computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import reduce
from typing import TypeVar

from msgspec import Struct

from hadir.rules.duty import Dynamic
from hadir.rules.evidence import Grade, Source
from hadir.rules.policy import ClassesOver, Policy, PolicyVersion, WarningRow
from hadir.rules.verdict import Attendance, CeremonyVerdict, DayStatus, PartStatus, PartVerdict, Verdict

Counts = Mapping[str, int]
_Code = TypeVar("_Code", bound=str)
NOTHING = Decimal(0)
CENT = Decimal("0.01")


class MonthDay(Struct, frozen=True, kw_only=True):
    """A day of a month: its date, its verdict, and from what sources its counted taps came."""

    date: date
    verdict: Verdict
    sources: tuple[Source, ...] = ()


class ClassSum(Struct, frozen=True, kw_only=True):
    """How often a class was reached in a month, and with how many minutes altogether."""

    count: int
    minutes: int


class Recap(Struct, frozen=True, kw_only=True):
    """The row of a person in the monthly recap.

    `cells`: the letter of each date. `work_days`: on which something was owed (HK). `codes`: how often each letter.
    `classes`: TL1 and the others with their minutes. `ceremonies_missed` by code. `percent`: the sum of the days'
    percentages. `absent`, `undecided`: the dates. `grades`, `excuses`, `manual`: what the month's evidence was.
    """

    cells: Mapping[date, str] = {}
    work_days: int = 0
    codes: Counts = {}
    late: Mapping[str, ClassSum] = {}
    early: Mapping[str, ClassSum] = {}
    no_arrival: int = 0
    no_departure: int = 0
    ceremonies_missed: Counts = {}
    percent: Decimal = NOTHING
    class_percent: Decimal = NOTHING
    absent: tuple[date, ...] = ()
    undecided: tuple[date, ...] = ()
    flex_times: int = 0
    grades: Counts = {}
    excuses: Counts = {}
    manual: int = 0

    @property
    def late_minutes(self) -> int:
        """Minutes late, of all days."""
        return sum(one.minutes for one in self.late.values())

    @property
    def early_minutes(self) -> int:
        """Minutes left early, of all days."""
        return sum(one.minutes for one in self.early.values())

    @property
    def minutes_short(self) -> int:
        """Minutes late and early together. A missing tap has a class, and no minutes."""
        return self.late_minutes + self.early_minutes


NO_DAYS = Recap()


def recap_of(days: Iterable[MonthDay]) -> Recap:
    """The recap of days, in any number and order: what `plus` makes of them one by one, counted in one go.

    Days that share one verdict are counted together: most days of a month are like the others.
    """
    alike: dict[tuple[int, tuple[Source, ...]], list[MonthDay]] = {}
    for day in days:
        alike.setdefault((id(day.verdict), day.sources), []).append(day)
    return recap_of_alike((same[0].verdict, same[0].sources, [day.date for day in same]) for same in alike.values())


def recap_of_alike(groups: Iterable[tuple[Verdict, tuple[Source, ...], Sequence[date]]]) -> Recap:
    """The recap of days that somebody has grouped: each verdict once, and all dates that have it."""
    tally = _Tally()
    for verdict, sources, dates in groups:
        tally.add(verdict, sources, dates)
    return tally.recap()


@dataclass(slots=True)
class _Tally:
    """The sums of a recap while they are being made. Most days are quiet: what a day has not is not looked at."""

    cells: dict[date, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    late: dict[str, list[int]] = field(default_factory=dict)
    early: dict[str, list[int]] = field(default_factory=dict)
    ceremonies: dict[str, int] = field(default_factory=dict)
    grades: dict[Grade, int] = field(default_factory=dict)
    excuses: dict[str, int] = field(default_factory=dict)
    percent: Decimal = NOTHING
    class_percent: Decimal = NOTHING
    absent: list[date] = field(default_factory=list)
    undecided: list[date] = field(default_factory=list)
    work_days: int = 0
    no_arrival: int = 0
    no_departure: int = 0
    flex_times: int = 0
    manual: int = 0

    def add(self, verdict: Verdict, sources: tuple[Source, ...], dates: Sequence[date]) -> None:
        """Days of one verdict."""
        times, code, status = len(dates), verdict.code, verdict.status
        for day in dates:
            self.cells[day] = code
        _count(self.codes, code, times)
        if verdict.deduction_percent:
            self.percent += verdict.deduction_percent * times
        self.work_days += times * (status is not DayStatus.OFF_DUTY)
        self.flex_times += times * verdict.flex_used
        self.manual += times * (Source.MANUAL_LIST in sources)
        if status is DayStatus.ABSENT:
            self.absent += dates
        elif status is DayStatus.UNDECIDED:
            self.undecided += dates
        if verdict.ceremonies and status in _WITH_CEREMONIES:
            self._ceremonies(verdict.ceremonies, times)
        if verdict.arrival is not None and self._half(verdict.arrival, times, self.late):
            self.no_arrival += times * (status in _WITH_SINGLE_GAPS)
        if verdict.departure is not None and self._half(verdict.departure, times, self.early):
            self.no_departure += times * (status in _WITH_SINGLE_GAPS)

    def _ceremonies(self, ceremonies: Iterable[CeremonyVerdict], times: int) -> None:
        for one in ceremonies:
            if one.attendance is Attendance.MISSED:
                _count(self.ceremonies, one.code, times)

    def _half(self, part: PartVerdict, times: int, classes: dict[str, list[int]]) -> bool:
        """Whether it has no tap."""
        if part.evidence is not None:
            _count(self.grades, part.evidence.grade, times)
        status = part.status
        if status is PartStatus.EXCUSED:
            _count(self.excuses, part.excuse_code or "outage", times)
        elif status is PartStatus.SHORT and part.class_code is not None:
            self.class_percent += part.percent * times
            sums = classes.setdefault(part.class_code, [0, 0])
            sums[0] += times
            sums[1] += part.minutes * times
        return status is PartStatus.NO_PUNCH

    def recap(self) -> Recap:
        return Recap(
            cells={day: self.cells[day] for day in sorted(self.cells)},
            work_days=self.work_days,
            codes=self.codes,
            late={code: ClassSum(count=count, minutes=minutes) for code, (count, minutes) in self.late.items()},
            early={code: ClassSum(count=count, minutes=minutes) for code, (count, minutes) in self.early.items()},
            no_arrival=self.no_arrival,
            no_departure=self.no_departure,
            ceremonies_missed=self.ceremonies,
            percent=self.percent,
            class_percent=self.class_percent,
            absent=tuple(sorted(self.absent)),
            undecided=tuple(sorted(self.undecided)),
            flex_times=self.flex_times,
            grades={grade.value: times for grade, times in self.grades.items()},
            excuses=self.excuses,
            manual=self.manual,
        )


def _count(counts: dict[_Code, int], key: _Code, times: int) -> None:
    counts[key] = counts.get(key, 0) + times


_WITH_CEREMONIES = frozenset({DayStatus.PRESENT, DayStatus.OFF_DUTY})
"""Days on which a missed ceremony costs by itself."""
_WITH_SINGLE_GAPS = frozenset({DayStatus.PRESENT, DayStatus.UNDECIDED, DayStatus.EXCUSED})
"""Days on which a missing tap is a missing tap (TAM, TAP) and not a part of an absence."""


def plus(one: Recap, other: Recap) -> Recap:
    """Two recaps of one person as one. A date may stand in only one of them."""
    return Recap(
        cells=dict(sorted({**one.cells, **other.cells}.items())),
        work_days=one.work_days + other.work_days,
        codes=_sum(one.codes, other.codes),
        late=_class_sum(one.late, other.late),
        early=_class_sum(one.early, other.early),
        no_arrival=one.no_arrival + other.no_arrival,
        no_departure=one.no_departure + other.no_departure,
        ceremonies_missed=_sum(one.ceremonies_missed, other.ceremonies_missed),
        percent=one.percent + other.percent,
        class_percent=one.class_percent + other.class_percent,
        absent=tuple(sorted((*one.absent, *other.absent))),
        undecided=tuple(sorted((*one.undecided, *other.undecided))),
        flex_times=one.flex_times + other.flex_times,
        grades=_sum(one.grades, other.grades),
        excuses=_sum(one.excuses, other.excuses),
        manual=one.manual + other.manual,
    )


def _sum(one: Counts, other: Counts) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}


def _class_sum(one: Mapping[str, ClassSum], other: Mapping[str, ClassSum]) -> dict[str, ClassSum]:
    none = ClassSum(count=0, minutes=0)
    return {
        key: ClassSum(
            count=one.get(key, none).count + other.get(key, none).count,
            minutes=one.get(key, none).minutes + other.get(key, none).minutes,
        )
        for key in sorted({*one, *other})
    }


# --- what the month costs --------------------------------------------------------------------------------------------


class MonthLine(StrEnum):
    """The steps of the arithmetic. The value is the key in `texts/rules.json`."""

    CLASSES = "month.classes"
    OTHERS = "month.others"
    CONVERTED = "month.converted"
    UNPAID = "month.unpaid"
    TOTAL = "month.total"
    CAPPED = "month.capped"
    SHARE = "month.share"


class Line(Struct, frozen=True):
    """One step of the arithmetic: what it is, the number in percent, and what it rests on."""

    code: MonthLine
    value: Decimal
    article: str | None = None


class Settlement(Struct, frozen=True, kw_only=True):
    """What a month costs.

    `percent`: of the base, capped. `of_allowance`: of the whole allowance, to the hundredth. `converted_days`: days
    that the minutes short amount to, whether or not it charges them. `present_percent`: days worked or
    excused of the work days. `over`: how many days of a code lie beyond what the policy allows in a month; nothing is
    deducted for them.
    """

    percent: Decimal
    of_allowance: Decimal
    converted_days: int
    present_percent: Decimal
    lines: tuple[Line, ...]
    over: Mapping[str, int] = {}


def settle(recap: Recap, policy: Policy) -> Settlement:
    """The percentage of a month with its arithmetic, by the policy in force at its end."""
    rules = policy.month
    classes = recap.class_percent if rules.classes is ClassesOver.DAY else _over_month(recap, policy)
    converted = recap.minutes_short // rules.day_minutes if rules.day_minutes else 0
    unpaid = sum(recap.codes.get(code, 0) for code in rules.unpaid)
    parts: list[tuple[MonthLine, Decimal, str | None]] = [
        (MonthLine.CLASSES, classes, policy.article("month.classes")),
        (MonthLine.OTHERS, recap.percent - recap.class_percent, None),
        (MonthLine.CONVERTED, converted * policy.absent.percent if rules.converts else NOTHING, rules.converts_article),
        (MonthLine.UNPAID, Decimal(unpaid * 100) / recap.work_days if unpaid else NOTHING, policy.article("unpaid")),
    ]
    total = sum((value for _, value, _ in parts), NOTHING)
    percent = min(total, rules.cap_percent)
    parts += [
        (MonthLine.TOTAL, total, None),
        (MonthLine.CAPPED, percent, policy.article("month.cap_percent")),
        (MonthLine.SHARE, share := _cents(percent * rules.share_percent / 100), rules.share_article),
    ]
    attended = recap.work_days - len(recap.absent)
    return Settlement(
        percent=_cents(percent),
        of_allowance=share,
        converted_days=converted,
        present_percent=_of(Decimal(attended * 100), recap.work_days),
        lines=tuple(
            Line(code, _cents(value), article) for code, value, article in parts if value or code is MonthLine.TOTAL
        ),
        over={
            code: days - most.days
            for code, most in rules.most_days.items()
            if (days := recap.codes.get(code, 0)) > most.days
        },
    )


def _over_month(recap: Recap, policy: Policy) -> Decimal:
    """The class of all minutes late of the month, and that of all minutes early (Permentan: "kumulatif 1 bulan")."""
    rows = (policy.arrival.class_of(recap.late_minutes), policy.departure.class_of(recap.early_minutes))
    return sum((row.percent for row in rows if row is not None), NOTHING)


def _of(part: Decimal, whole: int) -> Decimal:
    return _cents(part / whole) if whole else NOTHING


def _cents(percent: Decimal) -> Decimal:
    """To the hundredth, half up: each number that is shown by itself, never one that is reckoned on with."""
    return percent if percent.as_tuple().exponent >= -2 else percent.quantize(CENT, ROUND_HALF_UP)  # type: ignore[operator]  # a percentage is finite


# --- PP 94/2021 ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A threshold that a person has reached: the row of the policy, the days counted, and since when they are."""

    row: WarningRow
    days: int
    on: date


def warnings(year: Iterable[Recap], policy: Policy, *, employment: str) -> tuple[Warned, ...]:
    """The highest threshold that the days of a calendar year have reached, and the one of days without a break.

    For people to look at: a sanction needs an examination by the superior. Empty for an employment kind that the law
    does not speak of (PPPK follow their contract).
    """
    whole = reduce(plus, year, NO_DAYS)
    rules = policy.month
    if employment not in rules.warned or not whole.absent:
        return ()
    reached = [row for row in rules.warnings if row.days <= len(whole.absent)][-1:]
    found = [Warned(row=row, days=len(whole.absent), on=whole.absent[row.days - 1]) for row in reached]
    run, on = _longest_run(whole, policy)
    found += [Warned(row=row, days=run, on=on) for row in rules.consecutive if run >= row.days]
    return tuple(found)


def _longest_run(recap: Recap, policy: Policy) -> tuple[int, date]:
    """The most work days in a row without valid reason; free days neither count nor break it."""
    free = {policy.codes["free"], policy.codes["night_before"], ""}
    longest, run, on = 0, 0, min(recap.cells)
    for day, code in recap.cells.items():
        if code in free:
            continue
        run = run + 1 if day in recap.absent else 0
        if run > longest:
            longest, on = run, day
    return longest, on


# --- closing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedMonth:
    """A month as it was paid: its recap, its settlement, and by which rules. It never changes."""

    year: int
    month: int
    recap: Recap
    settlement: Settlement
    versions: tuple[PolicyVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What a fact that came after closing changes: a line in the next month's recap, with the dates that moved."""

    year: int
    month: int
    dates: tuple[tuple[date, str, str], ...]
    of_allowance: Decimal
    """What is to be deducted more (positive) or paid back (negative), in percent of that month's allowance."""


def close(days: Iterable[MonthDay], policy: Policy, *, year: int, month: int) -> ClosedMonth:
    """The month as it stands, to be kept. Days whose source is dark are closed as undecided, and cost nothing."""
    kept = list(days)
    recap = recap_of(kept)
    versions = sorted({one.verdict.version for one in kept}, key=lambda one: (one.name, one.sha256, one.rules))
    return ClosedMonth(year=year, month=month, recap=recap, settlement=settle(recap, policy), versions=tuple(versions))


def adjustment(closed: ClosedMonth, recomputed: Recap, policy: Policy) -> Adjustment | None:
    """The line that brings a closed month to what is known now; None when nothing moved."""
    now = settle(recomputed, policy)
    moved = tuple(
        (day, closed.recap.cells.get(day, ""), recomputed.cells.get(day, ""))
        for day in sorted({*closed.recap.cells, *recomputed.cells})
        if closed.recap.cells.get(day, "") != recomputed.cells.get(day, "")
    )
    difference = now.of_allowance - closed.settlement.of_allowance
    if not moved and not difference:
        return None
    return Adjustment(year=closed.year, month=closed.month, dates=moved, of_allowance=difference)


# --- weeks of dynamic hours ------------------------------------------------------------------------------------------


def worked_minutes(verdict: Verdict, *, break_minutes: int) -> int:
    """From arrival to departure less the break, in whole minutes; 0 when one of them is missing."""
    arrival, departure = verdict.arrival, verdict.departure
    if arrival is None or departure is None or arrival.counted_ms is None or departure.counted_ms is None:
        return 0
    return max(0, (departure.counted_ms - arrival.counted_ms) // 60_000 - break_minutes)


def dynamic_short_minutes(days: Iterable[MonthDay], dynamic: Dynamic) -> int:
    """How much of the weeks of a dynamic duty was not worked, in minutes.

    A week is Monday to Sunday; of one that lies partly among these days the part is owed. An excused day owes nothing.
    """
    weeks: dict[tuple[int, int], list[Verdict]] = {}
    for day in days:
        weeks.setdefault(day.date.isocalendar()[:2], []).append(day.verdict)
    return sum(_week_short_minutes(verdicts, dynamic) for verdicts in weeks.values())


def _week_short_minutes(verdicts: list[Verdict], dynamic: Dynamic) -> int:
    owed = sum(1 for one in verdicts if one.status not in {DayStatus.OFF_DUTY, DayStatus.EXCUSED})
    worked = sum(worked_minutes(one, break_minutes=dynamic.break_minutes) for one in verdicts)
    return max(0, dynamic.weekly_minutes * owed // dynamic.week_days - worked)
