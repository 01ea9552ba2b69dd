"""Days of any set, drawn near every boundary, with whatever may befall one: excuses, ceremonies, silent sources."""

from __future__ import annotations

from collections.abc import Iterator

from hadir.rules.ceremony import Ceremony
from hadir.rules.clocks import MS_PER_MINUTE, Period
from hadir.rules.evidence import Direction, Evidence, Grade, WeighedTap
from hadir.rules.half import DarkSource
from hadir.rules.judge import judge_day
from hadir.rules.search import Draw, LawPlace, Scene, certain, spread, tap
from hadir.rules.verdict import Side, Verdict

DRAWS = 60
"""Of each duty of each set."""


def drawn(place: LawPlace) -> Iterator[tuple[Scene, Verdict]]:
    for seed in range(DRAWS):
        draw = Draw(seed, f"articles/{place.set_name}/{place.duty}")
        scene = Scene.of(place, draw)
        day = scene.day
        ceremony = Ceremony(name="Apel", code="TA", period=Period(day.start_ms, day.start_ms + 30 * MS_PER_MINUTE))
        yield (
            scene,
            judge_day(
                duty_day=day,
                taps=[_tap(scene, number) for number in range(draw.pick((0, 1, 2, 2, 3, 4)))],
                policy=scene.policy,
                excuses=scene.excuses,
                now_ms=day.day.until_ms + 1,
                flex_times=scene.flex_times,
                ceremonies=(ceremony,) if draw.chance(30) else (),
                dark=(DarkSource("phones/7", day.day),) if draw.chance(15) else (),
                doubted=(draw.pick(tuple(Side)),) if draw.chance(10) else (),
            ),
        )


def _tap(scene: Scene, number: int) -> WeighedTap:
    draw = scene.draw
    at_ms = scene.instant() if draw.chance(20) else scene.counting()
    return tap(f"{number}", draw.pick(tuple(Direction)), at_ms, _evidence(draw, at_ms))


def _evidence(draw: Draw, at_ms: int) -> Evidence:
    if draw.chance(50):
        return certain(at_ms)
    before_ms, after_ms = (draw.pick((0, 60_000, 1_800_000)) for _ in range(2))
    return spread(at_ms, before_ms=before_ms, after_ms=after_ms, grade=draw.pick(tuple(Grade)), proven=draw.chance(50))
