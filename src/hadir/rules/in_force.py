"""What of a policy set is in force on a day: from dated values to the `Policy` that the judge reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import TypeVar, cast

from hadir.rules.basis import named
from hadir.rules.duty import DutyRow, Dynamic, Flex, ShiftRow, Weekday
from hadir.rules.evidence import EvidencePolicy, Grade, Source, TokenRule
from hadir.rules.excuse import ExcuseRule
from hadir.rules.policy import (
    AbsentRow,
    CeremonyRow,
    Certainty,
    ClassesOver,
    ClassRow,
    Dated,
    DayCap,
    DutyRows,
    Halves,
    MonthRules,
    MostDays,
    OutageProven,
    PairingMode,
    PairingRules,
    Policy,
    PolicyGapError,
    PolicySet,
    PolicyVersion,
    Provenance,
    Response,
    SecondsRule,
    SideRules,
    WarningRow,
    Which,
    WrongButton,
)

T = TypeVar("T")

STATUS_CODES = (
    "present",
    "outage",
    "free",
    "night_before",
    "undecided",
    "not_yet",
    "remote",
    "no_arrival",
    "no_departure",
)
"""The letters of the month's recap that a policy sets (`codes.present`, ...)."""
_RUN = "warnings_consecutive"


def in_force(source: PolicySet, day: date) -> Policy:
    """The policy of one day. Raises PolicyGapError when a value has not begun by then."""
    return _Snapshot(source, day).policy()


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Reads the values of one set as they stand on one day."""

    source: PolicySet
    day: date

    def policy(self) -> Policy:
        codes = self._names("excuses.")
        cited = self._cited()
        borrowed, unread = named(cited.values(), self.source.name)
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
                second_time_ms=self._value("evidence.second_time_ms", int),
                claim_age_days=self._value("evidence.claim_age_days", int),
                tokens=self._value("evidence.tokens", TokenRule),
            ),
            grades={grade: self._value(f"grades.{grade}", Response) for grade in Grade},
            duties={name: self._duty(name) for name in self._names("duties.")},
            shifts={name: self._shift(name) for name in self._names("shifts.")},
            pairing=self._pairing(),
            excuses={code: self._excuse(code) for code in codes if self._dated(f"excuses.{code}").value is not None},
            refused={
                code: self._dated(f"excuses.{code}").article
                for code in codes
                if self._dated(f"excuses.{code}").value is None
            },
            ceremonies={code: self._ceremony(code) for code in self._names("ceremonies.")},
            codes={name: self._value(f"codes.{name}", str) for name in STATUS_CODES},
            month=self._month(),
            silent_due_day=self._value("silent_due_day", int),
            halves=self._or("halves", Halves.SUM),
            day_cap=self._or("day_cap", DayCap.ABSENCE),
            outage_proven=self._or("outage_proven", OutageProven.STANDS),
            articles={path: self._dated(path).article for path in self.source.values if self._begun(path)},
            borrowed=borrowed,
            unread=unread,
            cited=cited,
        )

    def _cited(self) -> dict[str, Provenance]:
        found = (self.source.provenance(path, self.day) for path in self.source.values)
        surest_first = sorted((one for one in found if one is not None), key=_doubt)
        return {one.article: one for one in surest_first}

    def _side(self, *, classes: str, no_punch: str, side: str) -> SideRules:
        codes = [code for code in self._names(f"{classes}.") if self._dated(f"{classes}.{code}").value is not None]
        rows = sorted((self._class(classes, code) for code in codes), key=_from_minutes)
        code, minutes = cast("tuple[str, int | None]", self._dated(no_punch).value)
        row = next((row for row in rows if row.code == code), None)
        if row is None:
            begins = min(one.from_date for one in self.source.values[f"{classes}.{code}"])
            raise PolicyGapError(f"{self.source.name}: {classes}.{code} begins on {begins}, nothing on {self.day}")
        return SideRules(
            classes=tuple(rows),
            no_punch=row if minutes is None else row.at(minutes),
            no_punch_article=self._dated(no_punch).article,
            no_punch_minutes=row.from_minutes if minutes is None else minutes,
            seconds=self._value(f"seconds.{side}", SecondsRule),
            counts=self._value(f"counts.{side}", Which),
            wrong_button=self._value(f"wrong_button.{side}", WrongButton),
        )

    def _class(self, classes: str, code: str) -> ClassRow:
        dated = self._dated(f"{classes}.{code}")
        from_minutes, percent, each = cast("tuple[int, Decimal, int | None]", dated.value)
        return ClassRow(code=code, from_minutes=from_minutes, percent=percent, article=dated.article, each_minutes=each)

    def _absent(self) -> AbsentRow:
        dated = self._dated("absent")
        code, percent = cast("tuple[str, Decimal]", dated.value)
        return AbsentRow(code=code, percent=percent, article=dated.article)

    # Duties.

    def _duty(self, name: str) -> DutyRows:
        return DutyRows(
            week=self._week(name) | self._any_hour(name),
            ramadan=self._rows(name, "ramadan"),
            flex=self._flex(name),
            dynamic=self._dynamic(name),
        )

    def _rows(self, name: str, kind: str) -> Mapping[Weekday, DutyRow | None]:
        said = [day for day in Weekday if self._has(f"duties.{name}.{kind}.{day.key}")]
        return {day: self._row(name, kind, day) for day in said}

    def _row(self, name: str, kind: str, day: Weekday) -> DutyRow | None:
        hours = self._dated(f"duties.{name}.{kind}.{day.key}")
        if hours.value is None:
            return None
        start, end = cast("tuple[time, time]", hours.value)
        arrive, depart = self._window(name, day, "arrive"), self._window(name, day, "depart")
        return DutyRow(
            start=start,
            end=end,
            arrive_earliest=arrive[0],
            arrive_latest=arrive[1],
            depart_earliest=depart[0],
            depart_latest=depart[1],
            article=hours.article,
            pause=self._pause(name, day) if kind == "hours" else None,
        )

    def _pause(self, name: str, day: Weekday) -> tuple[time, time] | None:
        path = f"duties.{name}.breaks.{day.key}"
        return cast("tuple[time, time]", self._dated(path).value) if self._has(path) else None

    def _window(self, name: str, day: Weekday, side: str) -> tuple[time, time]:
        """The weekday's own window, or that of every day."""
        own = f"duties.{name}.windows.{day.key}.{side}"
        path = own if self._has(own) else f"duties.{name}.windows.every_day.{side}"
        return cast("tuple[time, time]", self._dated(path).value)

    def _flex(self, name: str) -> Flex | None:
        path = f"duties.{name}.flex"
        if not self._has(path):
            return None
        early, late, times, whole = cast("tuple[int, int, int | None, bool]", self._dated(path).value)
        return Flex(
            early_minutes=early,
            late_minutes=late,
            times_per_month=times,
            article=self._dated(path).article,
            whole=whole,
        )

    def _dynamic(self, name: str) -> Dynamic | None:
        path = f"duties.{name}.dynamic"
        if not self._has(path):
            return None
        weekly, pause, days, ramadan = cast(
            "tuple[int, int, tuple[Weekday, ...], tuple[int, int] | None]", self._dated(path).value
        )
        return Dynamic(
            weekly_minutes=weekly,
            break_minutes=pause,
            week_days=len(days),
            article=self._dated(path).article,
            ramadan=ramadan,
        )

    def _week(self, name: str) -> dict[Weekday, DutyRow]:
        return {day: row for day, row in self._rows(name, "hours").items() if row is not None}

    def _any_hour(self, name: str) -> dict[Weekday, DutyRow]:
        """The days of a dynamic week: work may lie anywhere in the hours that count."""
        path = f"duties.{name}.dynamic"
        if not self._has(path):
            return {}
        days = cast("tuple[int, int, tuple[Weekday, ...], object]", self._dated(path).value)[2]
        rows = {}
        for day in days:
            arrive, depart = self._window(name, day, "arrive"), self._window(name, day, "depart")
            rows[day] = DutyRow(
                start=arrive[0],
                end=depart[1],
                arrive_earliest=arrive[0],
                arrive_latest=arrive[1],
                depart_earliest=depart[0],
                depart_latest=depart[1],
                article=self._dated(path).article,
            )
        return rows

    def _shift(self, name: str) -> ShiftRow:
        dated = self._dated(f"shifts.{name}")
        start, end, end_next_day = cast("tuple[time, time, bool]", dated.value)
        before, after = self._value("shift_window", tuple)
        return ShiftRow(
            name=name,
            start=start,
            end=end,
            end_next_day=end_next_day,
            before_minutes=before,
            after_minutes=after,
            article=dated.article,
        )

    # Taps, excuses, ceremonies.

    def _pairing(self) -> PairingRules:
        return PairingRules(
            modes={source: self._value(f"pairing.{source}", PairingMode) for source in Source},
            articles={source: self._dated(f"pairing.{source}").article for source in Source},
            same_presence_minutes=self._value("pairing_minutes.same_presence", int),
            apart_minutes=self._value("pairing_minutes.apart", int),
            apart_article=self._dated("pairing_minutes.apart").article,
            late_first_after=cast("time | None", self._dated("late_first_after").value),
            late_first_article=self._dated("late_first_after").article,
        )

    def _excuse(self, code: str) -> ExcuseRule:
        dated = self._dated(f"excuses.{code}")
        return replace(cast("ExcuseRule", dated.value), code=code, article=dated.article)

    def _ceremony(self, code: str) -> CeremonyRow:
        dated = self._dated(f"ceremonies.{code}")
        return CeremonyRow(code=code, percent=cast("Decimal", dated.value), article=dated.article)

    # Months.

    def _month(self) -> MonthRules:
        rows = [self._warning(f"warnings.{code}", code) for code in self._names("warnings.")]
        return MonthRules(
            share_percent=self._value("month.share_percent", Decimal),
            share_article=self._dated("month.share_percent").article,
            cap_percent=self._value("month.cap_percent", Decimal),
            classes=self._value("month.classes", ClassesOver),
            day_minutes=self._value("month.day_minutes", int),
            converts=self._value("month.converts", bool),
            converts_article=self._dated("month.converts").article,
            warnings=tuple(sorted(rows, key=lambda row: row.days)),
            consecutive=(self._warning(_RUN, "consecutive"),) if self._has(_RUN) else (),
            warned=self._value("warned", tuple) if self._has("warned") else (),
            unpaid=self._value("unpaid", tuple),
            most_days={code: self._most(f"most_days.{code}") for code in self._names("most_days.")},
        )

    def _most(self, path: str) -> MostDays:
        return MostDays(self._value(path, int), self._dated(path).article)

    def _warning(self, path: str, code: str) -> WarningRow:
        return WarningRow(code=code, days=self._value(path, int), article=self._dated(path).article)

    # Reading.

    def _has(self, path: str) -> bool:
        return path in self.source.values and self._begun(path)

    def _names(self, prefix: str) -> list[str]:
        """The names right below a prefix, of values that have begun."""
        paths = (path for path in self.source.values if path.startswith(prefix) and self._begun(path))
        return list(dict.fromkeys(path.removeprefix(prefix).split(".")[0] for path in paths))

    def _begun(self, path: str) -> bool:
        return self._holding(path) is not None

    def _holding(self, path: str) -> Dated | None:
        return self.source.holding(path, self.day)

    def _or(self, path: str, usual: T) -> T:
        """A value that a set of before need not have."""
        return self._value(path, type(usual)) if self._has(path) else usual

    def _value(self, path: str, kind: type[T]) -> T:
        value = self._dated(path).value
        assert isinstance(value, kind), path
        return value

    def _dated(self, path: str) -> Dated:
        held = self._holding(path)
        if held is None:
            begins = self.source.values[path][0].from_date
            raise PolicyGapError(f"{self.source.name}: {path} begins on {begins}, nothing on {self.day}")
        return held


def _from_minutes(row: ClassRow) -> int:
    return row.from_minutes


def _doubt(one: Provenance) -> tuple[bool, int]:
    """Own before borrowed, seen before known before inferred."""
    return one.borrowed, list(Certainty).index(one.certainty)
