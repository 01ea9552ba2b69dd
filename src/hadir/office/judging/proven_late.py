"""Whom an outage finds proven late: both readings of each such day, for whoever decides whether it covers them.

Of thousands whom an outage concerns the database tells apart who may be among them: an arrival with a signed time from
after its beginning, and late without it. Only those of one part are judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q
from msgspec import structs

from hadir.office.excuses.covering import Cover
from hadir.office.excuses.models import Excuse
from hadir.office.judging.excuse_effects import AsIf, Chosen, Concerned, Effects, ExcuseChange, Part, change_between
from hadir.office.judging.judging import Counted, JudgeContext, Judged, PersonDayKey
from hadir.office.judging.readings import Readings
from hadir.office.people.queries import homes_of
from hadir.office.projection.models import Punch, VerdictRow
from hadir.office.units.models import Unit
from hadir.records.days import DAY_MS
from hadir.rules.evidence import Direction, Grade


@dataclass(frozen=True, slots=True)
class ProvenDay:
    """A day on which somebody is proven late: `change` reads it with that standing, then with it lifted."""

    change: ExcuseChange
    proven_ms: int
    zone: str
    tapping_cost: bool
    """Whether silence, or waiting for the outage's end at a source that proves nothing, would have cost less."""


@dataclass(frozen=True, slots=True)
class ProvenLate:
    """`count`: on how many person-days somebody may be; `units`: how many in each. Of them those of `part` were judged,
    and of these, `days` are.
    """

    count: int
    units: tuple[tuple[Unit, int], ...]
    days: tuple[ProvenDay, ...]
    part: Part
    unit: Unit | None
    """Whose people alone are shown."""
    shown: int
    """Person-days of that unit, or all."""

    @property
    def groups(self) -> list[tuple[str, list[ProvenDay]]]:
        """Those who pay because they tapped, then the others."""
        found = (("tapped", True), ("others", False))
        groups = [(name, [one for one in self.days if one.tapping_cost is flag]) for name, flag in found]
        return [(name, days) for name, days in groups if days]

    @property
    def is_cut(self) -> bool:
        return self.count > self.part.days

    @property
    def before(self) -> int | None:
        return self.part.number - 1 if self.part.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.part.number + 1 if self.part.number * self.part.days < self.shown else None


@dataclass(frozen=True, slots=True)
class MayBeProven:
    """The days of a part on which somebody may be proven late, before they are judged."""

    units: tuple[tuple[Unit, int], ...]
    days: list[PersonDayKey]
    unit: Unit | None
    shown: int
    part: Part

    @classmethod
    def of(cls, row: Excuse, whom: Concerned, part: Part, unit: int | None) -> MayBeProven:
        """With `unit`, of those at home in it alone."""
        found = _may_be(row, whom.days)
        dates = {day for _, day in found}
        homes = {day: homes_of({person for person, one in found if one == day}, day) for day in dates}
        numbers = Counter(home for person, day in found if (home := homes[day].get(person)) is not None)
        asked = next((one for one in numbers if one.number == unit), None)
        if asked is not None:
            found = [(person, day) for person, day in found if homes[day].get(person) == asked]
        units = sorted(numbers.items(), key=lambda one: (one[0].name, one[0].number))
        return cls(tuple(units), found[part.cut], asked, len(found), part)

    def read(self, cover: Cover, readings: Readings) -> ProvenLate:
        days = tuple(_read(cover, readings, self.days))
        return ProvenLate(sum(n for _, n in self.units), self.units, days, self.part, self.unit, self.shown)


def effects_and_proven(  # noqa: PLR0913 - whose, when, supposing what, and how much of either
    context: JudgeContext,
    row: Excuse,
    whom: Concerned,
    *,
    now_ms: int,
    as_if: AsIf,
    part: Part,
    proven_part: Part,
    unit: int | None = None,
) -> tuple[Effects, ProvenLate]:
    """Both of an outage; what judging asks for is gathered once."""
    cover = as_if.cover(row)
    chosen, proven = Chosen.of(cover, row, whom, part), MayBeProven.of(row, whom, proven_part, unit)
    readings = Readings.of(context, row.number, list({*chosen.days, *proven.days}), now_ms)
    return chosen.effects(cover, readings), proven.read(cover, readings)


def _may_be(row: Excuse, days: Sequence[PersonDayKey]) -> list[PersonDayKey]:
    """Person-days with an arrival that lies after the outage's beginning by its hard lower bound, and not on time."""
    dates = {day for _, day in days}
    taps = Punch.objects.filter(day__in=dates, lo_ms__gt=row.from_ms).exclude(direction=Direction.OUT.value)
    late = set(taps.values_list("person", "day").distinct())
    on_time = VerdictRow.objects.filter(day__in=dates, body__arrival__status="on_time").exclude(Q(body__flex_used=True))
    settled = set(on_time.values_list("person", "day"))
    return sorted((key for key in days if key in late and key not in settled), key=lambda key: (key[1], key[0]))


def _read(cover: Cover, readings: Readings, days: Sequence[PersonDayKey]) -> list[ProvenDay]:
    keys = [key for key in days if key in readings.ready.places]
    stands, lifted = (replace(cover, excuse=replace(cover.excuse, lifts_proven=lifts)) for lifts in (False, True))
    before, after = readings.judged(keys, stands), readings.judged(keys, lifted)
    changes = {
        key: change
        for key in keys
        if (change := change_between(readings.people[key[0]], key[1], before[key], after[key])) is not None
    }
    cost = _tapping_cost(readings, stands, {key: before[key] for key in changes})
    found = [
        ProvenDay(change, _proven_ms(before[key]), before[key].where.unit.zone, cost[key])
        for key, change in changes.items()
    ]
    return sorted(found, key=lambda one: (one.change.day, one.change.person.full_name))


def _proven_ms(judged: Judged) -> int:
    """The hard lower bound of the arrival that counts."""
    arrival = judged.verdict.arrival
    evidence = arrival.evidence if arrival else None
    return evidence.proven_ms if evidence is not None and evidence.proven_ms is not None else 0


def _tapping_cost(readings: Readings, stands: Cover, judged: Mapping[PersonDayKey, Judged]) -> dict[PersonDayKey, bool]:
    """For whom silence or waiting would cost less, when the day is over."""
    over_ms = max([readings.now_ms, *(one.where.end_ms + DAY_MS for one in judged.values())])
    silent = {key: _without_arrival(readings.taps[key], one) for key, one in judged.items()}
    waited = {
        key: [*silent[key], _waited(tap, stands)]
        for key, one in judged.items()
        if (tap := _arrival(readings.taps[key], one)) is not None
    }
    tapped, *instead = (
        {
            key: one.verdict.deduction_percent
            for key, one in readings.judged(judged, stands, taps=taps, now_ms=over_ms).items()
        }
        for taps in (readings.taps, silent, waited)
    )
    return {key: any(cost[key] < tapped[key] for cost in instead) for key in judged}


def _arrival(taps: Sequence[Counted], judged: Judged) -> Counted | None:
    arrival = judged.verdict.arrival
    ref = arrival.tap_ref if arrival else None
    return next((one for one in taps if one.tap.ref == ref), None)


def _without_arrival(taps: Sequence[Counted], judged: Judged) -> list[Counted]:
    one = _arrival(taps, judged)
    return [tap for tap in taps if tap is not one and tap.tap.direction is not Direction.IN]


def _waited(arrival: Counted, cover: Cover) -> Counted:
    """The same arrival at the outage's end, with a time that nothing proves."""
    at_ms = cover.excuse.period.until_ms
    told = dict.fromkeys(("lo_ms", "hi_ms", "claimed_ms", "judged_ms"), at_ms)
    evidence = structs.replace(
        arrival.tap.evidence, **told, error_ms=0, grade=Grade.A, counts_as=Grade.A, proven_ms=None, weighed_from=None
    )
    tap = structs.replace(arrival.tap, direction=Direction.IN, evidence=evidence, ref="waited")
    return Counted(tap, counts=True)
