"""Receive times that run backwards. A clock may be set back, and then its gate says so in a record of its own; a record
of somebody's that stands before its neighbours without such a word was written later than it says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hadir.records.kinds import Kind

#: A gate records a jump of its clock by more than this; smaller ones are its machine's daily corrections.
BACK_MS_MAX = 2_000
LISTED_MAX = 100
#: What a program writes about itself: it carries the new time first.
_EXPLAINS = frozenset({
    Kind.GATE_START, Kind.GATE_STOP, Kind.ROSTER_LOADED, Kind.CLOCK_STATE, Kind.JOURNAL_OPENED, Kind.JOURNAL_SEALED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClockBack:
    """The leaf at `index` was received, as it says, `ms` before the one ahead of it; `explained` by a gate's word."""

    index: int
    ms: int
    explained: bool


@dataclass
class ClockSums:
    """Where times run backwards in a part of a journal: the first `LISTED_MAX` places, and how many there are."""

    listed: list[ClockBack] = field(default_factory=list)
    count: int = 0
    unexplained: ClockBack | None = None
    speaks: bool = False
    """Whether the writer tells of its clock at all: a gate does, the office does not."""
    last_ms: int | None = None
    begins: tuple[int, int, int] | None = None

    def add(self, kinds: Sequence[int], received: Sequence[int], first: int) -> None:
        """Add leaves that stand behind those that were added, from position `first` on."""
        if self.begins is None:
            self.begins = (first, kinds[0], received[0])
        self.speaks = self.speaks or Kind.GATE_START in kinds
        times = received if self.last_ms is None else (self.last_ms, *received)
        begin = first + len(received) - len(times) + 1
        self.last_ms = received[-1]
        if list(times) != sorted(times):
            for at, (before_ms, now_ms) in enumerate(pairwise(times), begin):
                self._look(at, kinds[at - first], before_ms, now_ms)

    def join(self, behind: "ClockSums") -> None:
        """Add the part of the journal that comes next."""
        if behind.begins is None:
            return
        if self.last_ms is not None:
            at, kind, received = behind.begins
            self._look(at, kind, self.last_ms, received)
        else:
            self.begins = behind.begins
        self.last_ms = behind.last_ms
        self.listed = [*self.listed, *behind.listed][:LISTED_MAX]
        self.count += behind.count
        self.unexplained = self.unexplained or behind.unexplained
        self.speaks = self.speaks or behind.speaks

    def _look(self, index: int, kind: int, before_ms: int, now_ms: int) -> None:
        if before_ms - now_ms <= BACK_MS_MAX:
            return
        back = ClockBack(index=index, ms=before_ms - now_ms, explained=kind in _EXPLAINS)
        self.count += 1
        if len(self.listed) < LISTED_MAX:
            self.listed.append(back)
        if not back.explained and self.unexplained is None:
            self.unexplained = back
