"""The regulation as dated data: what a policy set holds, and what of it is in force on a day.

A `PolicySet` is what a file says over the years; `PolicySet.on(date)` is the `Policy` of one day, for the judge.
Nothing here has a number: all of them come from `policies/*.yaml` (see `policy_file.py` for the format).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar, cast

from hadir.rules.clocks import MS_PER_MINUTE
from hadir.rules.duty import Duty, DutyRow, Weekday
from hadir.rules.evidence import EvidencePolicy, Grade

T = TypeVar("T")


class Certainty(StrEnum):
    """How well the source of a value was seen."""

    STORED = "S"
    """Read in a stored copy of the named page."""
    KNOWN = "K"
    """General knowledge, to be checked against the official text."""
    INFERRED = "I"
    """Inferred, or decided by Hadir until a circular says otherwise."""


class SecondsRule(StrEnum):
    """What becomes of the seconds when minutes are counted."""

    WHOLE_MINUTES = "whole_minutes"
    """Only full minutes count: 07:30:59 for 07:30 is not late."""
    STARTED_MINUTES = "started_minutes"
    """A started minute counts: 07:30:01 for 07:30 is one minute late."""


class Which(StrEnum):
    """Which tap counts when there are several in the same direction."""

    FIRST = "first"
    LAST = "last"


class WrongButton(StrEnum):
    """What a lone tap in the direction that nobody takes at that hour leads to."""

    ASK_SUPERIOR = "ask_superior"
    """The part stays undecided, deducts nothing, and goes to the superior's list."""
    BY_TABLE = "by_table"
    """The part has no tap, as the table says."""


class Response(StrEnum):
    """What follows when `lo` and `hi` of a tap give different classes, by grade."""

    ACCEPT = "accept"
    """The judged time counts."""
    SAMPLE = "sample"
    """The judged time counts; a person looks at some of them."""
    ASK_SUPERIOR = "ask_superior"
    """The milder class counts until the superior decides. Silence never deducts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """One value from one day on, with what it rests on. `value` is typed by its place in the file."""

    from_date: date
    value: object
    article: str
    source: str
    certainty: Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """A class of lateness or early leave: from `from_minutes` on, `percent` of the base, until the next row begins."""

    code: str
    from_minutes: int
    percent: Decimal
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentRow:
    """A whole day without any tap: its code letter and its percentage."""

    code: str
    percent: Decimal
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRules:
    """The rules of one half of the day, arrival or departure.

    `classes` in rising order of minutes. `no_punch` is the row that a missing tap falls in, `no_punch_article` why.
    """

    classes: tuple[ClassRow, ...]
    no_punch: ClassRow
    no_punch_article: str
    seconds: SecondsRule
    seconds_article: str
    counts: Which
    wrong_button: WrongButton
    wrong_button_article: str

    def class_of(self, minutes: int) -> ClassRow | None:
        """The row for so many minutes, or None below the first."""
        reached = [row for row in self.classes if row.from_minutes <= minutes]
        return reached[-1] if reached else None

    def minutes(self, short_by_ms: int) -> int:
        """Minutes late or early, never negative, by the seconds rule."""
        if self.seconds is SecondsRule.STARTED_MINUTES:
            return max(0, -(-short_by_ms // MS_PER_MINUTE))
        return max(0, short_by_ms // MS_PER_MINUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """Which rules a verdict was made by: the set, its content's hash, and the version of the code that read it."""

    name: str
    sha256: str
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy set as it stands on one day."""

    version: PolicyVersion
    arrival: SideRules
    departure: SideRules
    absent: AbsentRow
    evidence: EvidencePolicy
    grades: Mapping[Grade, Response]
    grades_article: str
    duties: Mapping[str, Mapping[Weekday, DutyRow]]

    def duty(self, name: str, zone: str) -> Duty:
        """A shipped duty at a work place in `zone`; raises KeyError when the set has no duty of that name."""
        return Duty(name=name, zone=zone, week=self.duties[name])


class PolicyGapError(LookupError):
    """The set says nothing yet on that day. The message names the value and the first day it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """A policy file over the years, with what it inherits. `values` maps a path such as `late.TL1` to its history."""

    name: str
    title: Mapping[str, str]
    sha256: str
    rules: str
    values: Mapping[str, tuple[Dated, ...]]

    def on(self, day: date) -> Policy:
        """The policy in force on a day. Raises PolicyGapError when a value has not begun by then."""
        return _Snapshot(self, day).policy()


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Reads the values of one set as they stand on one day."""

    source: PolicySet
    day: date

    def policy(self) -> Policy:
        return Policy(
            version=PolicyVersion(name=self.source.name, sha256=self.source.sha256, rules=self.source.rules),
            arrival=self._side(classes="late", no_punch="no_arrival", side="arrival"),
            departure=self._side(classes="early", no_punch="no_departure", side="departure"),
            absent=self._absent(),
            evidence=EvidencePolicy(
                prompt_ms=self._value("evidence.prompt_ms", int),
                witness_ms=self._value("evidence.witness_ms", int),
                terminal_skew_ms=self._value("evidence.terminal_skew_ms", int),
                skew_tolerance_ms=self._value("evidence.skew_tolerance_ms", int),
                elapsed_tolerance_ms=self._value("evidence.elapsed_tolerance_ms", int),
            ),
            grades={grade: self._value(f"grades.{grade}", Response) for grade in Grade},
            grades_article=self._dated("grades.E").article,
            duties={name: self._week(name) for name in self._names("duties.")},
        )

    def _side(self, *, classes: str, no_punch: str, side: str) -> SideRules:
        rows = sorted((self._class(classes, code) for code in self._names(f"{classes}.")), key=_from_minutes)
        no_punch_code = self._value(no_punch, str)
        return SideRules(
            classes=tuple(rows),
            no_punch=next(row for row in rows if row.code == no_punch_code),
            no_punch_article=self._dated(no_punch).article,
            seconds=self._value(f"seconds.{side}", SecondsRule),
            seconds_article=self._dated(f"seconds.{side}").article,
            counts=self._value(f"counts.{side}", Which),
            wrong_button=self._value(f"wrong_button.{side}", WrongButton),
            wrong_button_article=self._dated(f"wrong_button.{side}").article,
        )

    def _class(self, classes: str, code: str) -> ClassRow:
        dated = self._dated(f"{classes}.{code}")
        from_minutes, percent = cast("tuple[int, Decimal]", dated.value)
        return ClassRow(code=code, from_minutes=from_minutes, percent=percent, article=dated.article)

    def _absent(self) -> AbsentRow:
        dated = self._dated("absent")
        code, percent = cast("tuple[str, Decimal]", dated.value)
        return AbsentRow(code=code, percent=percent, article=dated.article)

    def _week(self, name: str) -> Mapping[Weekday, DutyRow]:
        rows = {day: self._row(name, day) for day in Weekday if f"duties.{name}.hours.{day.key}" in self.source.values}
        return {day: row for day, row in rows.items() if row is not None}

    def _row(self, name: str, day: Weekday) -> DutyRow | None:
        hours = self._dated(f"duties.{name}.hours.{day.key}")
        if hours.value is None:
            return None
        start, end = cast("tuple[time, time]", hours.value)
        arrive = self._value(f"duties.{name}.windows.{day.key}.arrive", tuple)
        depart = self._value(f"duties.{name}.windows.{day.key}.depart", tuple)
        return DutyRow(
            start=start,
            end=end,
            arrive_earliest=arrive[0],
            arrive_latest=arrive[1],
            depart_earliest=depart[0],
            depart_latest=depart[1],
            article=hours.article,
        )

    def _names(self, prefix: str) -> list[str]:
        """The names right below a prefix, of values that have begun."""
        paths = (path for path in self.source.values if path.startswith(prefix) and self._begun(path))
        return list(dict.fromkeys(path.removeprefix(prefix).split(".")[0] for path in paths))

    def _begun(self, path: str) -> bool:
        return any(dated.from_date <= self.day for dated in self.source.values[path])

    def _value(self, path: str, kind: type[T]) -> T:
        value = self._dated(path).value
        assert isinstance(value, kind), path
        return value

    def _dated(self, path: str) -> Dated:
        history = self.source.values[path]
        begun = [dated for dated in history if dated.from_date <= self.day]
        if not begun:
            raise PolicyGapError(f"{self.source.name}: {path} begins on {history[0].from_date}, nothing on {self.day}")
        return begun[-1]


def _from_minutes(row: ClassRow) -> int:
    return row.from_minutes
