"""The columns of a recap, as regions print it: their letters come from the policies of its rows, in their order. And
which of its rows a reader wants to see, as the address says.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from hadir.office.duties.kinds import LawKind
from hadir.office.duties.models import LawAct
from hadir.office.ground.laws import law_on
from hadir.office.month_pages.recap import MonthRecap, RecapRow
from hadir.office.months.letters import printed
from hadir.office.page.lists import Addressed, one_of, searched
from hadir.office.page.periods import month_end
from hadir.rules.months import ClassSum
from hadir.rules.policy import Policy, PolicyGapError

Value = int | Decimal | str | None
"""None: nothing can be said. A screen writes a dash, a file leaves the cell empty."""


@dataclass(frozen=True, slots=True)
class RecapColumn:
    """One column: what stands at its head (a letter, or the code of a text), and what of a row."""

    head: str
    value: Callable[[RecapRow], Value]
    is_text: bool = False
    """Whether `head` is the code of a text rather than a letter."""
    minutes: Callable[[RecapRow], int] | None = None
    """Of a class: its minutes, beside how often."""


def columns(policies: Path, month: MonthRecap, letters: Mapping[str, str]) -> list[RecapColumn]:
    """Every column between the dates and the remarks (domain: rekapitulasi kehadiran)."""
    known = policies_of(policies, month)
    return [
        RecapColumn("months.column.work_days", lambda row: row.recap.work_days, is_text=True),
        *(_of_code(code, letters) for code in day_codes(known, month.rows)),
        *_classes(known, month.rows, letters, is_late=True),
        *_classes(known, month.rows, letters, is_late=False),
        *_missing_taps(known, letters),
        *(_of_ceremony(code, letters) for code in _ordered(known, lambda one: one.ceremonies)),
        RecapColumn("months.column.minutes", lambda row: row.recap.minutes_short, is_text=True),
        *_of_weeks(month.rows),
        RecapColumn("months.column.converted", lambda row: row.settlement.converted_days, is_text=True),
        *_deducted(month.rows),
        RecapColumn("months.column.adjusted", lambda row: row.adjusted, is_text=True),
        RecapColumn("months.column.present", present_shown, is_text=True),
    ]


def screen_columns(policies: Path, month: MonthRecap, letters: Mapping[str, str]) -> list[RecapColumn]:
    """What a screen has room for: the letters that occur, lateness and early leave as one column each."""
    known = policies_of(policies, month)
    used = [code for code in day_codes(known, month.rows) if any(row.recap.codes.get(code) for row in month.rows)]
    ceremonies = [
        code
        for code in _ordered(known, lambda one: one.ceremonies)
        if any(row.recap.ceremonies_missed.get(code) for row in month.rows)
    ]
    maybe = [
        RecapColumn("months.column.converted", lambda row: row.settlement.converted_days, is_text=True),
        RecapColumn("months.column.adjusted", lambda row: row.adjusted, is_text=True),
    ]
    return [
        RecapColumn("months.column.work_days", lambda row: row.recap.work_days, is_text=True),
        *(_of_code(code, letters) for code in used),
        RecapColumn("months.column.late", lambda row: _times(row.recap.late), is_text=True),
        RecapColumn("months.column.early", lambda row: _times(row.recap.early), is_text=True),
        *_missing_taps(known, letters),
        *(_of_ceremony(code, letters) for code in ceremonies),
        RecapColumn("months.column.minutes", lambda row: row.recap.minutes_short, is_text=True),
        *_of_weeks(month.rows),
        *(column for column in maybe if any(column.value(row) for row in month.rows)),
        _deducted(month.rows)[-1],
        RecapColumn("months.column.present", present_shown, is_text=True),
    ]


def _times(classes: Mapping[str, ClassSum]) -> int:
    return sum(one.count for one in classes.values())


def present_shown(row: RecapRow) -> Decimal | None:
    """How much of the month somebody was there; None while no work day of it has evidence. A closed row is printed as
    it was signed.
    """
    has_evidence = row.recap.work_days > len(row.recap.undecided)
    return row.settlement.present_percent if has_evidence or row.is_closed else None


def _deducted(rows: Iterable[RecapRow]) -> list[RecapColumn]:
    """What is deducted; where the base is only a part of the allowance, of the part and of the whole, each by name."""
    if all(row.settlement.percent == row.settlement.of_allowance for row in rows):
        return [RecapColumn("months.column.percent", lambda row: row.settlement.of_allowance, is_text=True)]
    return [
        RecapColumn("months.column.of_part", lambda row: row.settlement.percent, is_text=True),
        RecapColumn("months.column.of_allowance", lambda row: row.settlement.of_allowance, is_text=True),
    ]


def _of_weeks(rows: Iterable[RecapRow]) -> list[RecapColumn]:
    """What the weeks of dynamic duties lack, where anybody has one."""
    weekly = RecapColumn("months.column.weekly", lambda row: row.weekly_short or 0, is_text=True)
    return [weekly] if any(row.weekly_short is not None for row in rows) else []


def policies_of(policies: Path, month: MonthRecap) -> list[Policy]:
    """The policy sets by which the rows were settled, as they stand at the month's end."""
    last = month_end(month.first)
    found = (policy_on(policies, name, last) for name in sorted({row.policy for row in month.rows if row.policy}))
    return [policy for policy in found if policy is not None]


def policy_on(policies: Path, name: str, day: date) -> Policy | None:
    """None for a set that is not among the files any more: a closed month may outlive its policy."""
    with suppress(KeyError, PolicyGapError):
        return law_on(policies, name, day)
    return None


def day_codes(policies: Sequence[Policy], rows: Iterable[RecapRow]) -> list[str]:
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


def _of_code(code: str, letters: Mapping[str, str]) -> RecapColumn:
    return RecapColumn(printed(code, letters), lambda row: row.recap.codes.get(code, 0))


def _of_ceremony(code: str, letters: Mapping[str, str]) -> RecapColumn:
    return RecapColumn(printed(code, letters), lambda row: row.recap.ceremonies_missed.get(code, 0))


def _classes(
    policies: Sequence[Policy], rows: Sequence[RecapRow], letters: Mapping[str, str], *, is_late: bool
) -> list[RecapColumn]:
    """For each class how often, and how many minutes."""
    own = [code for policy in policies for code in _class_codes(policy, is_late=is_late)]
    seen = sorted({code for row in rows for code in (row.recap.late if is_late else row.recap.early)})
    return [_of_class(code, letters, is_late=is_late) for code in dict.fromkeys([*own, *seen])]


def _class_codes(policy: Policy, *, is_late: bool) -> list[str]:
    return [row.code for row in (policy.arrival if is_late else policy.departure).classes]


def _of_class(code: str, letters: Mapping[str, str], *, is_late: bool) -> RecapColumn:
    def count(row: RecapRow) -> int:
        if row.shown is not None:
            return sum(code in letters.split() for letters in row.shown.values())
        found = (row.recap.late if is_late else row.recap.early).get(code)
        return found.count if found else 0

    def minutes(row: RecapRow) -> int:
        found = (row.recap.late if is_late else row.recap.early).get(code)
        return found.minutes if found else 0

    return RecapColumn(printed(code, letters), count, minutes=minutes)


def _missing_taps(policies: Sequence[Policy], letters: Mapping[str, str]) -> list[RecapColumn]:
    """How often no arrival and no departure; where nothing was judged yet no law has a letter for them."""
    codes = next((policy.codes for policy in policies), None)
    if codes is None:
        return []
    return [
        RecapColumn(printed(codes["no_arrival"], letters), lambda row: row.recap.no_arrival),
        RecapColumn(printed(codes["no_departure"], letters), lambda row: row.recap.no_departure),
    ]


def _ordered(policies: Sequence[Policy], of: Callable[[Policy], Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(code for policy in policies for code in of(policy)))


def all_codes(policies: Path, day: date) -> list[str]:
    """Every code that a recap can print by the policies in use on `day`: what the page of letters lists."""
    bodies = LawAct.objects.on(day).filter(kind=LawKind.DUTY).values_list("body", flat=True)
    named = sorted({body["policy"] for body in bodies if body.get("policy")})
    found = [policy for name in named if (policy := policy_on(policies, name, day)) is not None]
    return list(
        dict.fromkeys([
            *day_codes(found, ()),
            *(policy.codes[name] for policy in found for name in ("free", "night_before")),
            *(code for policy in found for late in (True, False) for code in _class_codes(policy, is_late=late)),
            *(policy.codes[name] for policy in found for name in ("no_arrival", "no_departure")),
            *_ordered(found, lambda one: one.ceremonies),
        ])
    )  # fmt: skip


_SEARCH_LENGTH_MAX = 60


class RowsAsked(StrEnum):
    """Which rows a reader wants to see. Texts: `months.which.<value>`."""

    DEDUCTED = "potongan"
    UNDECIDED = "menunggu"
    UNPROVEN = "bukti"
    WARNED = "peringatan"
    ADJUSTED = "penyesuaian"

    def has(self, row: RecapRow) -> bool:
        return bool(
            {
                RowsAsked.DEDUCTED: row.settlement.of_allowance,
                RowsAsked.UNDECIDED: row.recap.undecided,
                RowsAsked.UNPROVEN: row.unproven,
                RowsAsked.WARNED: row.warned,
                RowsAsked.ADJUSTED: row.adjustments,
            }[self]
        )


@dataclass(frozen=True, slots=True)
class MonthFilter(Addressed):
    """What the address says of the list."""

    which: RowsAsked | None = None
    search: str = ""
    alone: bool = False
    """Only of the unit itself, without those below it."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "MonthFilter":
        which = one_of(given, "saring", set(RowsAsked))
        return cls(
            which=RowsAsked(which) if which else None,
            search=searched(given, _SEARCH_LENGTH_MAX),
            alone=bool(given.get("sendiri")),
        )

    def of(self, rows: Sequence[RecapRow]) -> list[RecapRow]:
        wanted = self.search.casefold()
        return [
            row
            for row in rows
            if (self.which is None or self.which.has(row)) and (wanted in row.name.casefold() or wanted in row.nip)
        ]

    @property
    def parts(self) -> Mapping[str, object]:
        which = self.which.value if self.which else None
        return {"saring": which, "cari": self.search, "sendiri": "ya" if self.alone else None}
