"""Reading documents that people write: typed values out, or every fault with its place; never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from hadir.rules.faults import Said

SHOWN_CHARS_MAX = 100
TEXT_CHARS_MAX = 400
YEAR_MIN, YEAR_MAX = 1945, 2200
NEAR = 0.7
"""How alike a misspelt word and the one that was meant are, from 0 to 1."""

T = TypeVar("T")
E = TypeVar("E", bound="StrEnum")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a document: the path to it (`permentan-68-2012: values.late.TL1[0].article`) and what; and
    the line, where whoever read the file knows it.
    """

    place: str
    message: str
    line: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class DocumentError(ValueError):
    """A document does not load. `faults` lists every reason once, in the order of the places."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(dict.fromkeys(faults)))
        super().__init__("\n".join(map(str, self.faults)))


class BadValueError(ValueError):
    """What is wrong with one value; its place is added by the caller."""

    @property
    def said(self) -> tuple[str, ...]:
        """The sentences, each with its code where it has one (`Said`)."""
        return self.args


@dataclass(frozen=True, slots=True)
class Form:
    """A mapping being read: each `take` gives a typed value, or notes a fault and gives the default."""

    place: str
    raw: Mapping[object, object]
    faults: list[Fault]

    def only(self, known: set[str]) -> None:
        """Notes every key that is not known here: a misspelt key must not pass in silence."""
        self.faults.extend(Fault(self.place, said) for said in strange(self.raw, known))

    def take(self, key: str, parse: Callable[[object], T]) -> T | None:
        """The value of a key that must be there."""
        if key not in self.raw:
            self.faults.append(Fault(f"{self.place}.{key}", Said("missing")))
            return None
        return self.may(key, parse)

    def may(self, key: str, parse: Callable[[object], T]) -> T | None:
        """The value of a key that may be absent; None then, and None with a fault when it is not a value."""
        if key not in self.raw:
            return None
        try:
            return parse(self.raw[key])
        except BadValueError as bad:
            self.faults.extend(Fault(f"{self.place}.{key}", said) for said in bad.said)
            return None


def shown(raw: object) -> str:
    """A value as a fault shows it: its beginning, for a stranger's file may hold anything."""
    whole_of_it = repr(raw)
    return whole_of_it if len(whole_of_it) <= SHOWN_CHARS_MAX else f"{whole_of_it[:SHOWN_CHARS_MAX]} …"


def text(raw: object) -> str:
    """A text that is not empty, its white space made single."""
    if not isinstance(raw, str) or not raw.strip() or len(raw) > TEXT_CHARS_MAX:
        raise BadValueError(Said("text", most=TEXT_CHARS_MAX))
    return " ".join(raw.split())


def day(raw: object) -> date:
    """A calendar day, as YAML gives it or as `2023-04-12`."""
    try:
        read = raw if isinstance(raw, date) and not isinstance(raw, datetime) else date.fromisoformat(str(raw))
    except ValueError:
        raise BadValueError(Said("day", raw=shown(raw))) from None
    if not YEAR_MIN <= read.year <= YEAR_MAX:
        raise BadValueError(Said("day_between", least=YEAR_MIN, most=YEAR_MAX, raw=shown(raw)))
    return read


def clock_time(raw: object) -> time:
    """A clock time in quotes: YAML 1.1 reads an unquoted 07:30 as the number 450."""
    if not isinstance(raw, str) or not re.fullmatch(r"\d\d:\d\d(:\d\d)?", raw):
        raise BadValueError(Said("clock", raw=shown(raw)))
    try:
        return time.fromisoformat(raw)
    except ValueError:
        raise BadValueError(Said("no_clock", raw=shown(raw))) from None


def whole(raw: object, *, least: int, most: int) -> int:
    """A whole number from `least` to `most`."""
    if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
        raise BadValueError(Said("whole", least=least, most=most, raw=shown(raw)))
    return raw


def one_of(kind: type[E]) -> Callable[[object], E]:
    """A reader of one of the words of an enum."""

    def parse(raw: object) -> E:
        try:
            return kind(str(raw))
        except ValueError:
            raise BadValueError(Said("one_of", words=", ".join(kind), raw=shown(raw))) from None

    return parse


def texts(raw: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(raw, list):
        raise BadValueError(Said("texts"))
    return tuple(text(one) for one in raw)


def yes_or_no(raw: object) -> bool:
    """`true` or `false`."""
    if not isinstance(raw, bool):
        raise BadValueError(Said("yes_or_no", raw=shown(raw)))
    return raw


def fields_of(raw: object, names: set[str], may: frozenset[str] = frozenset()) -> dict[str, object]:
    """A mapping with all these names, and of those that it may have as many as it has."""
    if not isinstance(raw, Mapping):
        raise BadValueError(_fields(names, may))
    if odd := tuple(strange(raw, names | may)):
        raise BadValueError(*odd)
    if not names <= set(raw):
        raise BadValueError(_fields(names, may))
    return {str(name): value for name, value in raw.items()}


def _fields(names: set[str], may: frozenset[str]) -> Said:
    words = ", ".join(sorted(names))
    return Said("fields_may", words=words, more=", ".join(sorted(may))) if may else Said("fields", words=words)


def strange(raw: Mapping[object, object], known: Collection[str]) -> Iterator[Said]:
    """Each key that is not known here: what a decimal comma cut off, a misspelt word, or something else."""
    before: tuple[object, object] = (None, None)
    for key, value in raw.items():
        if key not in known:
            yield _strange(key, value, before, known)
        before = (key, value)


def _strange(key: object, value: object, before: tuple[object, object], known: Collection[str]) -> Said:
    cut_off = value is None and str(key).isdigit() and isinstance(before[1], int)
    if cut_off:
        return Said("comma", key=str(before[0]), first=str(before[1]), rest=str(key))
    near = nearest(key, known)
    return Said("unknown", key=shown(key)) if near is None else Said("unknown_near", key=shown(key), near=near)


def nearest(word: object, known: Collection[str]) -> str | None:
    """The known word that a misspelt one may stand for."""
    return next(iter(get_close_matches(str(word)[:SHOWN_CHARS_MAX], sorted(known), 1, NEAR)), None)
