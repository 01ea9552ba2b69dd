"""What each gate said of its own clock, and the phones of it (kind 20): how wrong its times may be.

A clock that is found wrong was wrong since the gate's last word on it, its start or the phones' agreement: so far back
its times are believed within the measured error only, signed ones as well as receipts, and nobody is late by them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from django.db.models import Q

from hadir.office.ground.dated import told_by
from hadir.office.projection.models import ServerFact
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.rules.clocks import Period

WRONG = "wrong"
FOREVER_MS = 2**62


class ClockStatement(NamedTuple):
    """From this leaf on: how wrong a time may be, and whether the phones have found it wrong."""

    place: int
    at_ms: int
    error_ms: int
    wrong: bool


_NONE = ClockStatement(0, 0, 0, wrong=False)


@dataclass(frozen=True, slots=True)
class GateClocks:
    """origin -> its words, in order."""

    words: dict[str, list[ClockStatement]] = field(default_factory=dict)

    def received(self, origin: str, index: int) -> ClockStatement:
        """Of the receipt at that position."""
        said = self.words.get(origin, [])
        place = bisect_left(said, index, key=lambda one: one.place)
        return said[place - 1] if place else _NONE

    def signed(self, origin: str, at_ms: int) -> ClockStatement:
        """Of a time that the gate signed; what it said itself in it is not repeated here."""
        said = self.words.get(origin, [])
        place = bisect_right(said, at_ms, key=lambda one: one.at_ms)
        return said[place - 1] if place and said[place - 1].wrong else _NONE

    def wrong_periods(self) -> Iterator[tuple[str, Period]]:
        """When which gate was wrong, by its own clock; to the end of all time where nothing ended it yet."""
        for origin, said in self.words.items():
            turns = [next(alike) for _, alike in groupby(said, key=lambda one: one.wrong)]
            ends = [*(one.at_ms for one in turns[1:]), FOREVER_MS]
            for one, until_ms in zip(turns, ends, strict=True):
                if one.wrong:
                    yield origin, Period(one.at_ms, until_ms)


def gate_clocks(known_at_ms: int | None = None) -> GateClocks:
    """Of all gates. One query."""
    words: dict[str, list[ClockStatement]] = defaultdict(list)
    said_by_then = ServerFact.objects.filter(told_by("received_at_ms", known_at_ms), kind=Kind.CLOCK_STATE)
    facts = said_by_then.order_by("origin", "index")
    for origin, index, at_ms, body in facts.values_list("origin", "index", "received_at_ms", "body"):
        error_ms = 0 if body["clock"] in {"ok", "simulated"} else int(body["error_ms"])
        words[origin].append(ClockStatement(index, at_ms, error_ms, body["clock"] == WRONG))
    return GateClocks({origin: _since_the_last_word(said) for origin, said in words.items()})


def _since_the_last_word(said: Sequence[ClockStatement]) -> list[ClockStatement]:
    found = list(said)
    for place, later in enumerate(said[1:]):
        if later.wrong:
            before = found[place]
            found[place] = before._replace(error_ms=max(before.error_ms, later.error_ms), wrong=True)
    return found


def doubted_by(clock_state: Leaf) -> Q | None:
    """The punches that must be weighed again since this clock state was read; None for no reason to."""
    origin, index = clock_state.origin, clock_state.index
    said = ServerFact.objects.filter(origin=origin, kind=Kind.CLOCK_STATE, index__lte=index).order_by("-index")[:2]
    now, *before = said
    if now.body["clock"] != WRONG or not before:
        return None
    return Q(received_at_ms__gte=before[0].received_at_ms - int(now.body["error_ms"]))
