"""What of a policy set is borrowed, not read in its official text, or decided by Hadir: value by value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hadir.office.duties.said import policy_title, value_name, value_text
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import law_on, laws
from hadir.rules.basis import OWN_RULE
from hadir.rules.policy import Certainty, Policy, PolicyGapError, PolicySet, Provenance
from hadir.texts import Lang


class BasisKind(StrEnum):
    """In the order of the page. Texts: `law.basis.<value>`."""

    BORROWED = "borrowed"
    UNREAD = "unread"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class BasisLine:
    """A value in force, in words, and what it rests on."""

    name: str
    said: str
    article: str
    source: str
    certainty: Certainty

    @property
    def certainty_code(self) -> str:
        return f"law.certainty.{self.certainty.value}"


@dataclass(frozen=True, slots=True)
class RowBasis:
    """What a row of a table rests on: its articles, the weakest word for how well they were seen, and whether one is
    another government's.
    """

    article: str
    certainty: Certainty
    is_borrowed: bool

    @property
    def certainty_code(self) -> str:
        return f"law.certainty.{self.certainty.value}"


@dataclass(frozen=True, slots=True)
class BasisOfUnit:
    """A policy that holds in a unit, and how many of its values are of each kind."""

    policy: str
    title: str
    counts: list[tuple[str, int]]


def basis_lines(known: PolicySet, policy: Policy, day: date, lang: Lang) -> list[tuple[str, list[BasisLine]]]:
    """The kinds that occur, each with its lines."""
    found: dict[BasisKind, list[BasisLine]] = {kind: [] for kind in BasisKind}
    for path in known.values:
        one, held = known.provenance(path, day), known.holding(path, day)
        kind = _kind(one, policy) if one is not None else None
        if one is None or held is None or kind is None:
            continue
        said = value_text(path, held.value, lang)
        found[kind].append(BasisLine(value_name(path, lang), said, one.article, one.source, one.certainty))
    return [(f"law.basis.{kind.value}", lines) for kind, lines in found.items() if lines]


def row_basis(known: PolicySet, policy: Policy, day: date, *paths: str) -> RowBasis | None:
    """Of a row that shows these values; None where none of them holds."""
    found = [one for path in paths if (one := known.provenance(path, day)) is not None]
    if not found:
        return None
    return RowBasis(
        article="; ".join(dict.fromkeys(one.article for one in found)),
        certainty=max((one.certainty for one in found), key=list(Certainty).index),
        is_borrowed=any(_kind(one, policy) is BasisKind.BORROWED for one in found),
    )


def own_values(known: PolicySet, day: date, lang: Lang) -> list[BasisLine]:
    """What a set's own file says on a day, and nothing that it extends."""
    found = ((path, known.provenance(path, day), known.holding(path, day)) for path in known.values)
    return [
        BasisLine(value_name(path, lang), value_text(path, held.value, lang), one.article, one.source, one.certainty)
        for path, one, held in found
        if one is not None and held is not None and one.said_by == known.name
    ]


def _kind(one: Provenance, policy: Policy) -> BasisKind | None:
    if one.borrowed and one.article in policy.borrowed:
        return BasisKind.BORROWED
    if one.article.startswith(OWN_RULE):
        return BasisKind.DECIDED
    return None if one.certainty is Certainty.STORED else BasisKind.UNREAD


def basis_of_unit(names: Iterable[str], day: date, lang: Lang) -> list[BasisOfUnit]:
    """Of each policy that acts of the unit give to its people."""
    found = []
    for name in dict.fromkeys(names):
        known = laws(HERE.settings.policies).get(name)
        try:
            kinds = basis_lines(known, law_on(HERE.settings.policies, name, day), day, lang) if known else []
        except PolicyGapError:
            kinds = []
        counts = [(f"{code}_count", len(lines)) for code, lines in kinds]
        found.append(BasisOfUnit(name, policy_title(name, lang), counts))
    return found
