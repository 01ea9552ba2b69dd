"""Person-days gathered once and judged in several ways: without an excuse, with it, as if it were another one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from hadir.office.excuses.covering import Cover
from hadir.office.judging.facts import PersonDay
from hadir.office.judging.judge import JudgeRequest, Prepared, prepare
from hadir.office.judging.judging import Counted, JudgeContext, Judged, PersonDayKey, Taps, decide, weigh_days
from hadir.office.judging.leave_facts import gather_leave
from hadir.office.judging.silent_sources import Silence, gather_silence
from hadir.office.people.models import Person


@dataclass(frozen=True)
class Readings:
    """`others` are the excuses beside the one that is read in several ways."""

    ready: Prepared
    taps: dict[PersonDayKey, list[Counted]]
    others: tuple[Cover, ...]
    people: dict[int, Person]
    now_ms: int

    @classmethod
    def of(cls, context: JudgeContext, number: int, days: Sequence[PersonDayKey], now_ms: int) -> Readings:
        """For readings of the excuse of that number on these days."""
        ready = prepare(context, JudgeRequest(days=days, now_ms=now_ms))
        return cls(
            ready=ready,
            taps=weigh_days(context, ready.facts, ready.places, ready.punches),
            others=tuple(one for one in ready.facts.covers if one.number != number),
            people=Person.objects.in_bulk({where.person for where in ready.places.values()}),
            now_ms=now_ms,
        )

    def counting(self, context: JudgeContext, cover: Cover) -> Readings:
        """The same, with all documents of whoever has counted leave, this one among them."""
        people, days = {person for person, _ in self.ready.places}, {day for _, day in self.ready.places}
        leave = gather_leave(context.policies, (*self.others, cover), people, days)
        return replace(self, ready=replace(self.ready, facts=replace(self.ready.facts, leave=leave)))

    def covered(self, where: PersonDay, cover: Cover) -> bool:
        """Whether the excuse covers that person on that day."""
        facts = replace(self.ready.facts, covers=(cover,))
        return bool(facts.covering(where.person, where.unit, where.day))

    def judged(
        self,
        keys: Collection[PersonDayKey],
        cover: Cover | None,
        *,
        taps: Taps | None = None,
        now_ms: int | None = None,
    ) -> dict[PersonDayKey, Judged]:
        """The verdicts on these days with that excuse, or without it; of these taps and at that moment, if one says."""
        return decide(
            replace(self.ready.facts, covers=self.others if cover is None else (*self.others, cover)),
            {key: self.ready.places[key] for key in keys},
            self.taps if taps is None else taps,
            self.now_ms if now_ms is None else now_ms,
            with_steps=False,
            silence=lambda: self._silence,
        )

    @cached_property
    def _silence(self) -> Silence:
        places = self.ready.places.values()
        return gather_silence([(where.person, where.unit, where.duty_days) for where in places])
