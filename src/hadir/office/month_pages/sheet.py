"""The arithmetic of a person's percentage and the warnings, as sentences with what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from hadir.office.duties.said import policy_title
from hadir.office.ground.words import say
from hadir.office.month_pages.columns import policy_on
from hadir.office.month_pages.recap import RecapRow
from hadir.office.months.closed_row import AdjustmentLine
from hadir.office.months.letters import printed
from hadir.office.page.periods import month_end
from hadir.records.days import local
from hadir.rules.basis import articles_of_tables, basis_of
from hadir.rules.months import Line, MonthLine
from hadir.rules.policy import ClassesOver, MonthRules, Policy
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
    article: str = ""


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """`deductions` and `lines` together are the percentage: each date, then what only the whole month takes away."""

    deductions: list[Deduction]
    lines: list[SumLine]
    rules: list[str]
    """What the month's policy says of base, cap and conversion."""
    basis: list[str]
    """What of the law is borrowed, and what was not read."""
    warnings: list[SumLine]


def sheet_facts(row: RecapRow, policies: Path, first: date, lang: Lang, letters: Mapping[str, str]) -> SheetFacts:
    policy = policy_on(policies, row.policy, month_end(first))
    month = policy.month if policy else None
    return SheetFacts(
        deductions=deductions_of(row, letters, policies),
        lines=[
            SumLine(say(line.code.value, lang), decimal(line.value, lang), line.article or "")
            for line in month_lines(row, month)
        ],
        rules=_rules(policy, row, lang),
        basis=basis_lines([policy] if policy else [], lang),
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


def basis_lines(policies: Iterable[Policy], lang: Lang) -> list[str]:
    """What of the tables is borrowed, and what was not read; each sentence once."""
    told = (one for policy in policies for one in basis_of(articles_of_tables(policy), policy))
    return list(dict.fromkeys(say(one.code.value, lang, one.mapping) for one in told))


def deductions_of(row: RecapRow, letters: Mapping[str, str], policies: Path | None = None) -> list[Deduction]:
    """Every date that takes something away; with `policies`, with the article of each of its letters. Empty for months
    closed before dates were kept with what they cost.
    """
    found = []
    for day, percent in (row.costs or {}).items():
        codes = row.letters_on(day).split()
        policy = policy_on(policies, row.policy, day) if policies else None
        known = articles_of_letters(policy) if policy else {}
        article = "; ".join(dict.fromkeys(known[code] for code in codes if code in known))
        found.append(Deduction(day, " ".join(printed(code, letters) for code in codes), percent, article))
    return found


def articles_of_letters(policy: Policy) -> dict[str, str]:
    """What a letter of the recap rests on where it costs something: a class, a gap, an absence, leave, a ceremony."""
    unpaid = policy.article("unpaid") or ""
    return {
        **{code: rule.article for code, rule in policy.excuses.items()},
        **dict.fromkeys(policy.month.unpaid, unpaid),
        **{row.code: row.article for row in policy.ceremonies.values()},
        **{row.code: row.article for side in (policy.arrival, policy.departure) for row in side.classes},
        policy.codes["no_arrival"]: policy.arrival.no_punch_article,
        policy.codes["no_departure"]: policy.departure.no_punch_article,
        policy.absent.code: policy.absent.article,
    }


def charges_of_letters(policy: Policy) -> dict[str, list[tuple[Decimal, int | None]]]:
    """What a letter of the recap takes away, and of a rate for how many minutes; of leave each of its bands."""
    found: dict[str, list[tuple[Decimal, int | None]]] = {
        code: [(band.percent, None) for band in rule.bands] for code, rule in policy.excuses.items()
    }
    found |= {row.code: [(row.percent, None)] for row in policy.ceremonies.values()}
    for side, missing in ((policy.arrival, "no_arrival"), (policy.departure, "no_departure")):
        found |= {row.code: [(row.percent, row.each_minutes)] for row in side.classes}
        found[policy.codes[missing]] = [(side.no_punch.percent, None)]
    found[policy.absent.code] = [(policy.absent.percent, None)]
    return found


def charged_lines(rows: Iterable[RecapRow], letters: Mapping[str, str], policies: Path, lang: Lang) -> list[str]:
    """Of each law that took something away: which letters did, how much each takes, and by which article."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for row in rows:
        by_article = found.setdefault(row.policy, {}) if row.policy else {}
        for day in row.costs or ():
            policy = policy_on(policies, row.policy, day)
            articles, charges = (articles_of_letters(policy), charges_of_letters(policy)) if policy else ({}, {})
            for code in row.letters_on(day).split():
                taken = [_charge(*one, lang) for one in charges.get(code, ()) if one[0]]
                if taken:
                    told = f"{printed(code, letters)} {' / '.join(taken)}"
                    by_article.setdefault(articles[code], {})[told] = None
    return [
        say("months.paper.law" if said else "months.paper.law_none", lang, {"title": policy_title(name, lang)} | said)
        for name, by_article in sorted(found.items())
        for said in [_parts(by_article)]
    ]


def _parts(by_article: Mapping[str, Iterable[str]]) -> dict[str, str]:
    parts = "; ".join(f"{', '.join(told)} ({article})" for article, told in by_article.items())
    return {"taken": parts} if parts else {}


def _charge(percent: Decimal, each_minutes: int | None, lang: Lang) -> str:
    told = say("law.table.percents", lang, {"percent": percent})
    return f"{told} {say('law.table.each', lang, {'n': each_minutes})}" if each_minutes else told


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


def _rules(policy: Policy | None, row: RecapRow, lang: Lang) -> list[str]:
    if policy is None:
        return []
    month, minutes, days = policy.month, row.recap.minutes_short, row.settlement.converted_days
    converted = "months.rule.converts" if month.converts else "months.rule.converts_not"
    return [
        *_gaps(policy, row, lang),
        *_unpaid(policy, row, lang),
        say("months.rule.share", lang, {"percent": month.share_percent, "article": month.share_article}),
        say("months.rule.cap", lang, {"percent": month.cap_percent}),
        say(
            converted,
            lang,
            {"minutes": minutes, "each": month.day_minutes, "days": days, "article": month.converts_article},
        ),
    ]


def _gaps(policy: Policy, row: RecapRow, lang: Lang) -> list[str]:
    """A missing record stands in two columns, by its own letter and by the class that it falls in; it costs once."""
    codes, recap = policy.codes, row.recap
    gaps = (
        (recap.no_arrival, codes["no_arrival"], policy.arrival),
        (recap.no_departure, codes["no_departure"], policy.departure),
    )
    told = [(times, {"n": times, "code": code, "class": side.no_punch.code}) for times, code, side in gaps]
    return [say("months.rule.gap", lang, params) for times, params in told if times]


def _unpaid(policy: Policy, row: RecapRow, lang: Lang) -> list[str]:
    """Which part of the month earns no allowance, as it is reckoned."""
    days, of = sum(row.recap.codes.get(code, 0) for code in policy.month.unpaid), row.recap.work_days
    if not days or not of:
        return []
    told = {"days": days, "of": of, "percent": Decimal(days * 100) / of, "article": policy.article("unpaid") or ""}
    return [say("months.rule.unpaid", lang, told)]
