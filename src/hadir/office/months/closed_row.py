"""A row as a closed month keeps it: values to JSON and back, and the digest that stands in the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from hadir.rules.months import Recap, Settlement, Warned


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedDay:
    """A day that is not what it was: the letters before and after, and why, as codes with parameters."""

    day: date
    before: str
    after: str
    why: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentLine:
    """What a month closed earlier costs more (positive) or gives back, in percent of that month's allowance."""

    first: date
    closing: int
    person: int
    moved: tuple[MovedDay, ...]
    of_allowance: Decimal

    @property
    def month_code(self) -> str:
        return f"month.{self.first.month}"

    @property
    def ref(self) -> str:
        return f"R-{self.closing}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Everything of a row that a closed month shows again."""

    name: str
    nip: str
    employment: str
    policy: str
    """The policy set that settles it; empty where nothing was judged."""
    recap: Recap
    settlement: Settlement
    unproven: tuple[date, ...]
    short: Mapping[date, str]
    """The classes of each day on which time is missing: `TL1`."""
    warned: tuple[Warned, ...]
    adjustments: tuple[AdjustmentLine, ...]
    rank: str = ""
    position: str = ""
    weekly_short: int | None = None
    """Minutes that the weeks of a dynamic duty lack; None for whoever has none."""
    shown: Mapping[date, str] | None = None
    """The letters of each date; None in a month that was closed before they were kept: it prints as it was signed."""
    costs: Mapping[date, Decimal] | None = None
    """What each date costs, of those that cost anything."""


def kept_row(body: Mapping[str, Any]) -> Kept:
    return msgspec.convert(body, Kept, strict=False)


KEPT_MEMBERS = tuple(one.name for one in fields(Kept))


def body_of(row: Kept) -> dict[str, Any]:
    """As JSON's values: dates and decimals as text. What a recap knows of the row beyond is not kept."""
    return {name: msgspec.to_builtins(getattr(row, name), str_keys=True) for name in KEPT_MEMBERS}


def rows_digest(rows: Iterable[tuple[int, Mapping[str, Any], Mapping[str, str]]]) -> str:
    """SHA-256 (hex) over (person, body, lines) in order of persons, as canonical JSON, a line each."""
    digest = hashlib.sha256()
    for person, body, lines in sorted(rows, key=lambda row: row[0]):
        told = {"person": person, "row": body, "lines": lines}
        digest.update(json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()
