"""The regulation as dated data: what a policy set holds, and what of it is in force on a day.

A `PolicySet` is what a file says over the years; `PolicySet.on(date)` is the `Policy` of one day, for the judge.
Nothing here has a number: all of them come from `policies/*.yaml` (see `policy_file.py` for the format).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum

from hadir.rules.clocks import MS_PER_MINUTE
from hadir.rules.duty import Duty, DutyRow, Dynamic, Flex, ShiftRow, Weekday
from hadir.rules.evidence import EvidencePolicy, Grade, Source
from hadir.rules.excuse import ExcuseRule


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


class PairingMode(StrEnum):
    """Whose word the direction of a tap is, by its source."""

    CHOSEN = "chosen"
    """The person's choice, or the terminal's key."""
    FIRST_LAST = "first_last"
    """Nobody's: the first tap of the day is in, the last one is out."""


class ClassesOver(StrEnum):
    """On what the classes of a table are read in a month."""

    DAY = "day"
    """On each day's minutes; the percentages add up."""
    MONTH = "month"
    """On the minutes of the whole month, once (Permentan 68/2012: "kumulatif 1 bulan")."""


class MakeUp(StrEnum):
    """How much of flexible time whoever comes later makes up."""

    AS_LATE = "as_late"
    """As many minutes as he came later."""
    ALL = "all"
    """All of it, be it for seconds."""


class Halves(StrEnum):
    """What a day costs whose arrival and departure both cost something."""

    SUM = "sum"
    GREATER = "greater"
    LESSER = "lesser"


class OutageProven(StrEnum):
    """Whether an outage covers what lies before an arrival's hard lower bound."""

    STANDS = "stands"
    """It does not: what is proven stands, unless whoever approved the outage lifted it."""
    CREDITED = "credited"
    """It does."""


class DayCap(StrEnum):
    """The most that a day costs."""

    ABSENCE = "absence"
    """What it would cost without any tap."""
    NONE = "none"
    """Nothing caps it: the article must say so."""


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
    """One value from one day on, with what it rests on. `value` is typed by its place in the file. `until_date`: the
    day from which it holds no more, and what the set extends holds again; None while nobody said so. `said_by`: the set
    whose file says it. `borrowed`: its article is another government's.
    """

    from_date: date
    value: object
    article: str
    source: str
    certainty: Certainty
    until_date: date | None = None
    said_by: str = ""
    borrowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a value in force comes from: how well it was seen, and whose it is.

    `said_by` is the set whose file says it; `borrowed` whether that is another government's, which stands in until
    one's own regulation is read. A foundation such as the national base is nobody else's.
    """

    path: str
    article: str
    source: str
    certainty: Certainty
    said_by: str
    borrowed: bool

    @property
    def is_sure(self) -> bool:
        """Whether it was read in a source, in this government's own regulation or in what holds for all."""
        return self.certainty is Certainty.STORED and not self.borrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """A class of lateness or early leave: from `from_minutes` on, `percent` of the base, until the next row begins.

    With `each_minutes` the row is a rate: every further full `each_minutes` costs `percent` once more (Sragen).
    """

    code: str
    from_minutes: int
    percent: Decimal
    article: str
    each_minutes: int | None = None

    def at(self, minutes: int) -> ClassRow:
        """The row as it stands for so many minutes: the same, unless it is a rate."""
        if self.each_minutes is None:
            return self
        times = 1 + max(0, minutes - self.from_minutes) // self.each_minutes
        return replace(self, percent=self.percent * times, each_minutes=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentRow:
    """A whole day without any tap: its code letter and its percentage."""

    code: str
    percent: Decimal
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRules:
    """The rules of one half of the day, arrival or departure.

    `classes` in rising order of minutes. `no_punch` is the row that a missing tap falls in, `no_punch_article` why,
    `no_punch_minutes` how many minutes it stands for.
    """

    classes: tuple[ClassRow, ...]
    no_punch: ClassRow
    no_punch_article: str
    no_punch_minutes: int
    seconds: SecondsRule
    counts: Which
    wrong_button: WrongButton

    def class_of(self, minutes: int) -> ClassRow | None:
        """The row for so many minutes, or None below the first."""
        found = None
        for row in self.classes:
            if row.from_minutes > minutes:
                break
            found = row
        return None if found is None else found.at(minutes)

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
class PairingRules:
    """How taps become an arrival and a departure.

    `modes` by source, and what each rests on. `same_presence_minutes`: taps of one direction within it, from different
    sources, are one presence with several witnesses. `apart_minutes`: in `first_last`, how far a last tap must be from
    the first to be a departure. `late_first_after`: a first *Masuk* after that clock time counts as going home
    (Kemenag); None where not.
    """

    modes: Mapping[Source, PairingMode]
    articles: Mapping[Source, str]
    same_presence_minutes: int
    apart_minutes: int
    apart_article: str
    late_first_after: time | None
    late_first_article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyRow:
    """What missing a ceremony costs: its code letter and its percentage."""

    code: str
    percent: Decimal
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRow:
    """From so many days without valid reason on, the sanction that the law names. It is shown, never imposed."""

    code: str
    days: int
    article: str


@dataclass(frozen=True, slots=True)
class MostDays:
    """How many days of one code a month may have. What lies beyond is shown to a person, and costs nothing."""

    days: int
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRules:
    """How the days of a month become a percentage of the allowance.

    `share_percent`: how much of the whole allowance the percentages are taken of. `cap_percent`: of that base, at most.
    `day_minutes`: how many minutes short make a day, if `converts`. `warnings` count in a calendar year,
    `consecutive` without a break, for the employment kinds in `warned`; none before their law was in force. A day of a
    code in `unpaid` earns no allowance. `most_days`: codes of which a month may have only so many.
    """

    share_percent: Decimal
    share_article: str
    cap_percent: Decimal
    classes: ClassesOver
    day_minutes: int
    converts: bool
    converts_article: str
    warnings: tuple[WarningRow, ...]
    consecutive: tuple[WarningRow, ...]
    warned: tuple[str, ...]
    unpaid: tuple[str, ...]
    most_days: Mapping[str, MostDays]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRows:
    """A shipped duty before it has a place: its weekdays, those of Ramadan, and what bends them."""

    week: Mapping[Weekday, DutyRow]
    ramadan: Mapping[Weekday, DutyRow | None]
    flex: Flex | None
    dynamic: Dynamic | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy set as it stands on one day."""

    version: PolicyVersion
    arrival: SideRules
    departure: SideRules
    absent: AbsentRow
    evidence: EvidencePolicy
    grades: Mapping[Grade, Response]
    duties: Mapping[str, DutyRows]
    shifts: Mapping[str, ShiftRow]
    pairing: PairingRules
    excuses: Mapping[str, ExcuseRule]
    refused: Mapping[str, str]
    """Codes that the government does not have, with the article: an excuse of such a code excuses nothing there."""
    ceremonies: Mapping[str, CeremonyRow]
    codes: Mapping[str, str]
    month: MonthRules
    silent_due_day: int
    """Until which day of the next month a silent source is waited for."""
    halves: Halves
    day_cap: DayCap
    outage_proven: OutageProven
    articles: Mapping[str, str]
    """By path: what the value in force rests on."""
    borrowed: Mapping[str, tuple[str, ...]]
    """By article: the regulations of other governments that it names, until one's own is read."""
    unread: Mapping[str, tuple[str, ...]]
    """By article: the regulations that nobody has read in their text."""
    cited: Mapping[str, Provenance] = field(default_factory=dict)
    """By the article that a reason names: where the value comes from; of several that cite it, the least sure."""

    @property
    def outage_proven_stands(self) -> bool:
        """Whether what is proven late stands in an outage."""
        return self.outage_proven is OutageProven.STANDS

    def article(self, *paths: str) -> str | None:
        """What the first of these values that the set has rests on."""
        return next((self.articles[path] for path in paths if path in self.articles), None)

    def credits(self, code: str | None) -> bool:
        """Whether an excuse of that code credits time: an outage does, and the codes that the government has."""
        return code is None or code in self.excuses

    def due_on(self, day: date) -> date:
        """Until when a day with a silent source waits for it, or for a person's word."""
        return (day.replace(day=1) + timedelta(days=31)).replace(day=self.silent_due_day)

    def duty(self, name: str, zone: str) -> Duty:
        """A shipped duty at a work place in `zone`; raises KeyError when the set has no duty of that name."""
        rows = self.duties[name]
        return Duty(name=name, zone=zone, week=rows.week, ramadan=rows.ramadan, flex=rows.flex, dynamic=rows.dynamic)


class PolicyGapError(LookupError):
    """The set says nothing yet on that day. The message names the value and the first day it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySet:
    """A policy file over the years, with what it inherits. `values` maps a path such as `late.TL1` to its history.

    Between two days on which any value changes the policy is one and the same, and is read once.
    """

    name: str
    title: Mapping[str, str]
    sha256: str
    rules: str
    values: Mapping[str, tuple[Dated, ...]]
    borrowed: Mapping[str, str]
    """What is not of the government's own, until its regulation is read: by path, the set that says it."""
    lenders: frozenset[str]
    """The other governments' sets that this one extends."""
    foundations: frozenset[str]
    """The sets that it extends and that are nobody's regulation."""
    _read: Callable[[PolicySet, date], Policy]
    _changes: tuple[date, ...]
    _known: dict[int, Policy] = field(default_factory=dict, compare=False, repr=False)

    def on(self, day: date) -> Policy:
        """The policy in force on a day. Raises PolicyGapError when a value has not begun by then."""
        between = bisect_right(self._changes, day)
        if between not in self._known:
            self._known[between] = self._read(self, day)
        return self._known[between]

    def provenance(self, path: str, day: date) -> Provenance | None:
        """Where the value of a path comes from on a day; None where it has none then."""
        held = self.holding(path, day)
        if held is None:
            return None
        return Provenance(
            path=path,
            article=held.article,
            source=held.source,
            certainty=held.certainty,
            said_by=held.said_by,
            borrowed=held.borrowed or held.said_by in self.lenders,
        )

    def holding(self, path: str, day: date) -> Dated | None:
        """The newest entry of a path not after the day, if it has not ended."""
        begun = [dated for dated in self.values.get(path, ()) if dated.from_date <= day][-1:]
        return next((one for one in begun if one.until_date is None or day < one.until_date), None)
