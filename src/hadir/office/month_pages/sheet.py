"""The arithmetic of a person's percentage and the warnings, as sentences with what they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from hadir.office.ground.words import say
from hadir.office.month_pages.columns import policy_on
from hadir.office.month_pages.recap import RecapRow
from hadir.office.months.closed_row import AdjustmentLine
from hadir.office.months.letters import printed
from hadir.office.page.periods import month_end
from hadir.records.days import local
from hadir.rules.months import Line, MonthLine
from hadir.rules.policy import ClassesOver, MonthRules
from hadir.texts import Lang, percent_words


@dataclass(frozen=True, slots=True)
class SumLine:
    """One step or warning: what it is, the number in percent, and its article."""

    text: str
    value: str
    article: str


@dataclass(frozen=True, slots=True)
class Deduction:
    """What one date takes away, and the letters that stand on it."""

    day: date
    letters: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """`deductions` and `lines` together are the percentage: each date, then what only the whole month takes away."""

    deductions: list[Deduction]
    lines: list[SumLine]
    rules: list[str]
    """What the month's policy says of base, cap and conversion."""
    warnings: list[SumLine]


def sheet_facts(row: RecapRow, policies: Path, first: date, lang: Lang, letters: Mapping[str, str]) -> SheetFacts:
    policy = policy_on(policies, row.policy, month_end(first))
    month = policy.month if policy else None
    return SheetFacts(
        deductions=deductions_of(row, letters),
        lines=[
            SumLine(say(line.code.value, lang), decimal(line.value, lang), line.article or "")
            for line in month_lines(row, month)
        ],
        rules=_rules(month, row, lang),
        warnings=[
            SumLine(
                text=say(
                    "months.warning",
                    lang,
                    {"days": one.days, "from": one.row.days, "on": one.on, "what": warning_name(one.row.code, lang)},
                ),
                value="",
                article=one.row.article,
            )
            for one in row.warned
        ],
    )


def deductions_of(row: RecapRow, letters: Mapping[str, str]) -> list[Deduction]:
    """Every date that takes something away. Empty for months closed before dates were kept with what they cost."""
    return [
        Deduction(day, " ".join(printed(code, letters) for code in row.letters_on(day).split()), percent)
        for day, percent in (row.costs or {}).items()
    ]


def month_lines(row: RecapRow, month: MonthRules | None) -> list[Line]:
    """The steps of the arithmetic without those that the dates tell one by one."""
    if row.costs is None or month is None:
        return list(row.settlement.lines)
    told = {MonthLine.OTHERS, MonthLine.UNPAID} | ({MonthLine.CLASSES} if month.classes is ClassesOver.DAY else set())
    return [line for line in row.settlement.lines if line.code not in told]


def warning_name(code: str, lang: Lang) -> str:
    """The sanction that the law names at a threshold: it is shown, never imposed."""
    try:
        return say(f"months.threshold.{code}", lang)
    except KeyError:
        return code.replace("_", " ")  # A region may name rows that no catalogue knows.


def decimal(value: object, lang: Lang) -> str:
    """Percentages as `0,50` in Indonesian, `0.50` in English; whole numbers as they are; a dash for nothing."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, Decimal):
        return percent_words(value, lang)
    shown = str(value)
    return shown if lang == "en" else shown.replace(".", ",")


def sum_text(line: AdjustmentLine, lang: Lang) -> str:
    """What an adjustment costs or gives back, in words."""
    code = "months.adjustment.more" if line.of_allowance > 0 else "months.adjustment.back"
    return say(code if line.of_allowance else "months.adjustment.none", lang, {"percent": abs(line.of_allowance)})


def why_text(why: Mapping[str, object], zone: str, lang: Lang) -> str:
    """What came after closing."""
    params = {name: value for name, value in why.items() if name != "code"}
    if "received_ms" in params:
        params["at"] = f"{local(int(str(params.pop('received_ms'))), zone):%Y-%m-%d %H:%M}"
    return say(str(why["code"]), lang, params)


def _rules(month: MonthRules | None, row: RecapRow, lang: Lang) -> list[str]:
    if month is None:
        return []
    minutes, days = row.recap.minutes_short, row.settlement.converted_days
    converted = "months.rule.converts" if month.converts else "months.rule.converts_not"
    return [
        say("months.rule.share", lang, {"percent": month.share_percent, "article": month.share_article}),
        say("months.rule.cap", lang, {"percent": month.cap_percent}),
        say(
            converted,
            lang,
            {"minutes": minutes, "each": month.day_minutes, "days": days, "article": month.converts_article},
        ),
    ]
