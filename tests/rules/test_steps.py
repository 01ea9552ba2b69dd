"""A day reckoned by hand: its steps have the numbers of docs/rules.md, section 3, and end where the verdict ends."""

from __future__ import annotations

from hadir.rules import DutyDay, ExcusePeriod, Period, PolicySet, Reason, ReasonCode
from hadir.rules.clocks import MS_PER_MINUTE
from hadir.rules.evidence import Direction
from hadir.rules.judge import judge_day
from hadir.rules.search import places_of, tap
from hadir.rules.steps import steps_of
from hadir.texts import LANGS, render
from tests.rules.drawn_days import drawn

DASH = "\N{EN DASH}"


def told(steps: tuple[Reason, ...]) -> list[str]:
    return [render(one.code, "id", one.mapping).replace(DASH, "-") for one in steps]


def test_the_day_of_the_drawing_is_reckoned_as_the_page_does(policies: dict[str, PolicySet], tuesday: DutyDay) -> None:
    """An outage from 07:05 to 08:20, in at 08:25, leave from 14:00, out at 13:40."""

    def clock(hour: int, minute: int) -> int:
        return tuesday.start_ms + ((hour - 7) * 60 + minute - 30) * MS_PER_MINUTE

    policy = policies["permentan-20-2025"].on(tuesday.date)
    excuses = (
        ExcusePeriod(ref="K-1", period=Period(clock(7, 5), clock(8, 20)), tail_minutes=0, article="BA 1"),
        ExcusePeriod(ref="K-2", period=Period(clock(14, 0), clock(16, 0)), tail_minutes=0, article="SK 2", code="CB"),
    )
    verdict = judge_day(
        duty_day=tuesday,
        taps=[tap("in", Direction.IN, clock(8, 25)), tap("out", Direction.OUT, clock(13, 40))],
        policy=policy,
        excuses=excuses,
        now_ms=tuesday.day.until_ms,
    )
    assert told(steps_of(tuesday, policy, excuses, verdict)) == [
        "Wajib kerja pukul 07.30-16.00: 510 menit.",
        "Gangguan sistem (K-1) menutup pukul 07.05-08.20; 0 %.",
        "Cuti besar (K-2) menutup pukul 14.00-16.00; 4,00 % untuk sehari penuh.",
        "Hadir pukul 08.25-13.40.",
        "Tidak tertutup apa pun: pukul 08.20-14.00, 340 menit.",
        "Sebelum masuk, 5 menit tidak tertutup: kelas TL1, 0,50 %.",
        "Sesudah pulang, 20 menit tidak tertutup: kelas PSW1, 0,50 %.",
        "Cuti besar (CB, K-2), 120 dari 510 menit jadwal kerja: 4,00 % × 120/510 = 0,94 %.",  # noqa: RUF001
        "Potongan 1,94 % (TL1 0,50 + PSW1 0,50 + CB 0,94).",
        "Hasil: H, potongan 1,94 %.",
    ]


def test_the_steps_end_with_what_the_verdict_says(policies: dict[str, PolicySet]) -> None:
    for place in places_of(policies):
        for scene, verdict in drawn(place):
            steps = steps_of(scene.day, scene.policy, scene.excuses, verdict, flex_times=scene.flex_times)
            assert steps[0].code is ReasonCode.STEP_OWED
            assert steps[-1].code is ReasonCode.STEP_RESULT
            assert steps[-1].mapping["percent"] == f"{verdict.deduction_percent.normalize():f}"
            for half, code in ((verdict.arrival, ReasonCode.STEP_LATE), (verdict.departure, ReasonCode.STEP_EARLY)):
                minutes = [one.mapping["minutes"] for one in steps if one.code is code]
                assert half is not None
                assert minutes == ([half.minutes] if half.class_code and half.minutes else [])
            for one in steps:
                assert all(render(one.code, lang, one.mapping) for lang in LANGS)
