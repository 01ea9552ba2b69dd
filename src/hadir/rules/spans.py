"""Pieces of time as sets: what is owed, what is credited, what nothing covers.

A `Spans` is in order of time, and no two of its pieces overlap or touch.
"""

from __future__ import annotations

from collections.abc import Iterable

from hadir.rules.clocks import Period

Spans = tuple[Period, ...]
NEVER: Spans = ()
BEFORE_ALL, AFTER_ALL = -(2**62), 2**62


def union(pieces: Iterable[Period]) -> Spans:
    """All instants of the pieces; those that overlap or touch are one."""
    joined: list[Period] = []
    for piece in sorted(one for one in pieces if one.from_ms < one.until_ms):
        if joined and joined[-1].until_ms >= piece.from_ms:
            if joined[-1].until_ms < piece.until_ms:
                joined[-1] = Period(joined[-1].from_ms, piece.until_ms)
        else:
            joined.append(piece)
    return tuple(joined)


def minus(spans: Spans, taken: Spans) -> Spans:
    """The instants of the one that the other has not."""
    if not taken:
        return spans
    left = []
    for span in spans:
        at_ms = span.from_ms
        for piece in taken:
            if piece.until_ms <= at_ms or span.until_ms <= piece.from_ms:
                continue
            if at_ms < piece.from_ms:
                left.append(Period(at_ms, piece.from_ms))
            at_ms = piece.until_ms
        if at_ms < span.until_ms:
            left.append(Period(at_ms, span.until_ms))
    return tuple(left)


def length_ms(spans: Spans, *, from_ms: int = BEFORE_ALL, until_ms: int = AFTER_ALL) -> int:
    """How much of them lies in `[from_ms, until_ms)`."""
    return sum(max(0, min(one.until_ms, until_ms) - max(one.from_ms, from_ms)) for one in spans)
