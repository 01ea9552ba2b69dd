"""What the letters of days mean, by the policies that use them: the codes of texts, for every page and paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hadir.office.ground.laws import EXCUSE_KIND
from hadir.rules.policy import Policy
from hadir.texts import catalogue

_NAMED = ("present", "remote", "outage", "free", "night_before", "undecided", "not_yet")


def meanings_of(policies: Iterable[Policy]) -> dict[str, str]:
    """Code -> the code of its text. Codes that nobody names are left out: they stand alone."""
    found: dict[str, str] = {}
    for policy in policies:
        for name in _NAMED:
            found.setdefault(policy.codes[name], f"months.code.{name}")
        found.setdefault(policy.absent.code, "months.code.absent")
        for code, rule in policy.excuses.items():
            if named := excuse_text(code) or (f"{EXCUSE_KIND}{code}" if rule.name else ""):
                found.setdefault(code, named)
        for code in policy.ceremonies:
            found.setdefault(code, "months.code.ceremony")
        for classes, name in ((policy.arrival.classes, "late"), (policy.departure.classes, "early")):
            for row in classes:
                found.setdefault(row.code, f"months.code.{name}")
    return found


def excuse_text(code: str) -> str:
    """The name of the office's kind with that code, or of the policies' own; empty for what nobody names."""
    return next((one for one in (f"excuse.kind.{code}", f"law.word.{code}") if one in catalogue()), "")


def legend_of(letters: Iterable[str], meanings: Mapping[str, str], printed: Mapping[str, str]) -> list[tuple[str, str]]:
    """(letter as it is printed, code of its text) of those that occur."""
    return [(printed.get(code, code), meanings[code]) for code in dict.fromkeys(letters) if code in meanings]
