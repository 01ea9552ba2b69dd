"""What an operator's dashboard needs of a gate, few and useful, as Prometheus text (exposition format 0.0.4).

Numbers only: no person, no device, no place.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hadir.records.refusals import Refusal

#: Upper bounds in milliseconds; what takes longer has no bound.
_BOUNDS_MS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000)


@dataclass
class Durations:
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


#: How the gate stands at this moment, and what each number says.
_GAUGES = {
    "ready": "Whether a record that comes now would get its receipt",
    "entries": "Leaves in the journal",
    "waiting": "Records in the queue",
    "foretold_wait_seconds": "How long a record that joins now would wait",
    "roster_version": "The roster in use, 0 when there is none",
    "roster_stale": "Whether the roster is older than it should be",
    "clock_ok": "Whether kernel and phones agree with the clock",
    "clock_error_seconds": "What the clock may be off by",
}


def render(counts: Counts, now: Mapping[str, float]) -> str:
    """The page of /metrics; `now` has a number for each of `_GAUGES`."""
    return "".join(f"{line}\n" for line in _lines(counts, now))


def _lines(counts: Counts, now: Mapping[str, float]) -> Iterator[str]:
    yield from _one("records_answered_total", "counter", "Records answered, refused ones too", counts.answered)
    yield from _one("records_repeated_total", "counter", "Records that stood in the journal already", counts.repeats)
    yield from _one("batches_total", "counter", "Commits", counts.batches)
    codes = (
        (f'code="{refusal.code}"', number)
        for refusal, number in sorted(counts.refusals.items(), key=lambda one: one[0].code)
    )
    yield from _many("refusals_total", "counter", "Refusals by code, of records and of whole requests", codes)
    yield from _histogram("batch_seconds", "From taking a batch to its answers", counts.batch)
    yield from _histogram("answer_seconds", "From joining the queue to the answer", counts.wait)
    for name, text in _GAUGES.items():
        yield from _one(name, "gauge", text, now[name])


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
