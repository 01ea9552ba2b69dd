"""What an operator's dashboard needs of a gate, few and useful, as Prometheus text (exposition format 0.0.4).

Numbers only: no person, no device, no place.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hadir.records.refusals import Refusal

#: Upper bounds in milliseconds; what takes longer has no bound.
_BOUNDS_MS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000)


@dataclass
class Durations:
    """A histogram."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS_MS) + 1))
    sum_ms: int = 0

    def add(self, took_ms: int) -> None:
        self.counts[bisect_left(_BOUNDS_MS, took_ms)] += 1
        self.sum_ms += took_ms


@dataclass
class Counts:
    """What the gate has done since it started. Written by the writer, `refusals` by the routes."""

    answered: int = 0
    refused: int = 0
    repeats: int = 0
    batches: int = 0
    batch: Durations = field(default_factory=Durations)
    wait: Durations = field(default_factory=Durations)
    refusals: Counter[Refusal] = field(default_factory=Counter)


@dataclass(frozen=True)
class Now:
    """How the gate stands at this moment."""

    ready: bool
    entries: int
    waiting: int
    wait_ms: float
    roster_version: int
    roster_stale: bool
    clock_error_ms: int
    clock_ok: bool


def render(counts: Counts, now: Now) -> str:
    """The page of /metrics."""
    return "".join(f"{line}\n" for line in _lines(counts, now))


def _lines(counts: Counts, now: Now) -> Iterator[str]:
    yield from _one("records_answered_total", "counter", "Records answered, refused ones too", counts.answered)
    yield from _one("records_repeated_total", "counter", "Records that stood in the journal already", counts.repeats)
    yield from _one("batches_total", "counter", "Commits", counts.batches)
    codes = ((f'code="{refusal.code}"', number) for refusal, number in sorted(counts.refusals.items(), key=_code))
    yield from _many("refusals_total", "counter", "Refusals by code, of records and of whole requests", codes)
    yield from _histogram("batch_seconds", "From taking a batch to its answers", counts.batch)
    yield from _histogram("answer_seconds", "From joining the queue to the answer", counts.wait)
    yield from _one("ready", "gauge", "Whether a record that comes now would get its receipt", int(now.ready))
    yield from _one("entries", "gauge", "Leaves in the journal", now.entries)
    yield from _one("waiting", "gauge", "Records in the queue", now.waiting)
    yield from _one("foretold_wait_seconds", "gauge", "How long a record that joins now would wait", now.wait_ms / 1000)
    yield from _one("roster_version", "gauge", "The roster in use, 0 when there is none", now.roster_version)
    yield from _one("roster_stale", "gauge", "Whether the roster is older than it should be", int(now.roster_stale))
    yield from _one("clock_ok", "gauge", "Whether kernel and phones agree with the clock", int(now.clock_ok))
    yield from _one("clock_error_seconds", "gauge", "What the clock may be off by", now.clock_error_ms / 1000)


def _code(item: tuple[Refusal, int]) -> str:
    return item[0].code


def _one(name: str, kind: str, text: str, value: float) -> Iterator[str]:
    yield from _many(name, kind, text, [("", value)])


def _many(name: str, kind: str, text: str, values: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP hadir_gate_{name} {text}."
    yield f"# TYPE hadir_gate_{name} {kind}"
    for labels, value in values:
        yield f"hadir_gate_{name}{{{labels}}} {value}" if labels else f"hadir_gate_{name} {value}"


def _histogram(name: str, text: str, durations: Durations) -> Iterator[str]:
    yield f"# HELP hadir_gate_{name} {text}."
    yield f"# TYPE hadir_gate_{name} histogram"
    seen = 0
    for bound, count in zip([*(f"{ms / 1000:g}" for ms in _BOUNDS_MS), "+Inf"], durations.counts, strict=True):
        seen += count
        yield f'hadir_gate_{name}_bucket{{le="{bound}"}} {seen}'
    yield f"hadir_gate_{name}_sum {durations.sum_ms / 1000}"
    yield f"hadir_gate_{name}_count {seen}"
