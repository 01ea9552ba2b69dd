"""The law asked once for each kind of day: how one judge serves a person and a nation.

    duty, policy, excuses of a day ──► Docket: where the law cuts that day's clock
              a person's taps ──► Case: in which cells they lie ──seen before?──► the verdict of then
                                                     └─ never ──► judge_day, and remembered

Nothing here decides anything: every verdict is `judge_day`'s. Which days are one case is said in `cuts.py`. A day that
is no case is judged by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from hadir.rules.ceremony import Ceremony
from hadir.rules.cuts import Case, Cuts, Day, Usual
from hadir.rules.duty import DutyDay
from hadir.rules.evidence import Evidence, Grade, WeighedTap
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.half import DarkSource
from hadir.rules.policy import Policy
from hadir.rules.verdict import PartVerdict, Verdict

CASES_MAX = 400_000
"""How many cases are remembered at most; then all are forgotten and the memory begins anew."""


@dataclass(slots=True)
class Precedents:
    """The cases seen so far, for any number of duties, policies and dates. Not shared between threads.

    `cases` is how many are remembered.
    """

    cases: int = 0
    _kinds: dict[Case, _Kind | None] = field(default_factory=dict)
    _policies: dict[int, Policy] = field(default_factory=dict)
    """Keeps alive the policies whose identity stands in a key."""
    _said: dict[Verdict, Verdict] = field(default_factory=dict)
    """One verdict for all cases of which the law says the same."""

    def docket(  # noqa: PLR0913 - what `judge_day` asks for, but the taps
        self,
        *,
        duty_day: DutyDay,
        policy: Policy,
        excuses: Sequence[ExcusePeriod] = (),
        now_ms: int,
        month_closed: bool = False,
        ceremonies: Sequence[Ceremony] = (),
        dark: Sequence[DarkSource] = (),
    ) -> Docket:
        """Everything of a day but its taps, as in `judge_day`: to be made once for all who share it."""
        day = Day(duty_day, policy, tuple(excuses), now_ms, month_closed, tuple(ceremonies), tuple(dark))
        shape = day.shape()
        if shape is None:
            return Docket(self, day, None)
        if shape not in self._kinds:
            self._policies[id(policy)] = policy
            self._kinds[shape] = _Kind.of(day) if day.is_plain() else None
        return Docket(self, day, self._kinds[shape])

    def remember(self, kind: _Kind, case: Case, verdict: Verdict) -> Verdict:
        """The verdict on a new case, as it is told from now on to whoever has the same."""
        if self.cases >= CASES_MAX:
            self.forget()
        self.cases += 1
        said = impersonal(verdict)
        found = kind.seen[case] = self._said.setdefault(said, said)
        return found

    def forget(self) -> None:
        """Begin anew with an empty memory."""
        self.cases = 0
        self._kinds.clear()
        self._said.clear()


class Docket(Struct, frozen=True):
    """A day that many people share, and the cases of it that were judged."""

    precedents: Precedents
    day: Day
    kind: _Kind | None

    def verdict(self, taps: Sequence[WeighedTap], *, flex_times: int = 0) -> Verdict:
        """What the law says of these taps: `judge_day`'s verdict, as far as a month counts it (`impersonal`)."""
        day, kind = self.day, self.kind
        case = None if kind is None else kind.case(day, taps, flex_times)
        if kind is None or case is None:
            return impersonal(day.judge(taps, flex_times))
        found = kind.seen.get(case)
        return self.precedents.remember(kind, case, day.judge(taps, flex_times)) if found is None else found


def impersonal(verdict: Verdict) -> Verdict:
    """All that a month counts of a verdict: neither sentences nor references nor instants; how many excuses, not which.

    Two days of which the law says the same are equal in this.
    """
    return replace(
        verdict,
        arrival=_impersonal_half(verdict.arrival),
        departure=_impersonal_half(verdict.departure),
        excuses=("",) * len(verdict.excuses),
        reasons=(),
        taps=(),
    )


def _impersonal_half(part: PartVerdict | None) -> PartVerdict | None:
    if part is None:
        return None
    evidence = None if part.evidence is None else _GRADED[part.evidence.grade]
    return replace(part, tap_ref=None, counted_ms=None, evidence=evidence, excuses=(), reasons=())


_GRADED = {
    grade: Evidence(lo_ms=None, hi_ms=None, claimed_ms=0, judged_ms=0, error_ms=0, grade=grade, counts_as=grade)
    for grade in Grade
}
"""Evidence of which nothing is left but its grade."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of day: where the law cuts it, and the cases of it that were judged."""

    cuts: Cuts
    usual: Usual | None
    seen: dict[Case, Verdict]

    @classmethod
    def of(cls, day: Day) -> _Kind:
        cuts = Cuts.of(day)
        return cls(cuts, Usual.of(day, cuts), {})

    def case(self, day: Day, taps: Sequence[WeighedTap], flex_times: int) -> Case | None:
        """Which case these taps are; None when they are none."""
        usual = None if self.usual is None or len(taps) != 2 else self.usual.case(day, *taps)
        return usual or self.cuts.case(day, taps, flex_times)
