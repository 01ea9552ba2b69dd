"""What a person is told: headlines, reasons in order, the article named, the version of the rules."""

from __future__ import annotations

from datetime import date, time

from hadir.rules import (
    DayStatus,
    Direction,
    DutyDay,
    Evidence,
    ExcusePeriod,
    Grade,
    Policy,
    Reason,
    ReasonCode,
    Source,
    TapRole,
    Verdict,
    WeighedTap,
    instant_ms,
    judge_day,
)
from hadir.texts import LANGS, Lang, render


def at(clock: str) -> int:
    return instant_ms(date(2026, 9, 15), time.fromisoformat(clock), "Asia/Makassar")


def tap(direction: Direction, clock: str, grade: Grade = Grade.A, lo: str | None = None) -> WeighedTap:
    evidence = Evidence(
        lo_ms=at(lo or clock),
        hi_ms=at(clock),
        claimed_ms=at(clock),
        judged_ms=at(clock),
        error_ms=0,
        grade=grade,
        counts_as=grade,
    )
    return WeighedTap(ref=f"{direction}-{clock}", direction=direction, source=Source.PHONE, evidence=evidence)


def judged(tuesday: DutyDay, policy: Policy, *taps: WeighedTap, now: str = "23:59:00") -> Verdict:
    return judge_day(duty_day=tuesday, taps=taps, policy=policy, now_ms=at(now))


def said(reason: Reason, language: Lang = "id") -> str:
    return render(reason.code, language, reason.mapping)


def headline(verdict: Verdict, *, provisional: bool = True) -> str:
    assert verdict.arrival is not None
    return said(verdict.arrival.headline(provisional=provisional))


def test_a_late_arrival_is_provisional_until_the_month_closes(tuesday: DutyDay, policy: Policy) -> None:
    verdict = judged(tuesday, policy, tap(Direction.IN, "07:42:00"))
    assert headline(verdict) == "Terlambat 12 menit (TL1), sementara"
    assert headline(verdict, provisional=False) == "Terlambat 12 menit (TL1)"


def test_the_article_stands_beside_the_class(tuesday: DutyDay, policy: Policy) -> None:
    verdict = judged(tuesday, policy, tap(Direction.IN, "07:42:00"), tap(Direction.OUT, "16:00:00"))
    articles = {str(reason.code): reason.article for reason in verdict.reasons}
    assert articles["duty.owed"] == "Perpres 21/2023 Pasal 3 dan 4"
    assert articles["arrival.late"] == "Permentan 68/2012, tabel pengurangan no. 2"


def test_the_reasons_can_be_read_out_in_order(tuesday: DutyDay, policy: Policy) -> None:
    verdict = judged(tuesday, policy, tap(Direction.IN, "07:42:00"), tap(Direction.OUT, "16:00:10"))
    assert [said(reason) for reason in verdict.reasons] == [
        "Jadwal kerja 07.30 sampai 16.00.",
        "Masuk pukul 07.42, terlambat 12 menit (TL1).",
        "Pulang pukul 16.00.10, sesuai jadwal.",
        "Potongan 0,50 % (TL1 0,50).",
        "Sementara, sampai bulan ini ditutup.",
    ]


def test_who_is_on_time_only_by_the_phones_word_is_never_silently_so(tuesday: DutyDay, policy: Policy) -> None:
    verdict = judged(tuesday, policy, tap(Direction.IN, "07:42:00", Grade.E, lo="07:10:00"))
    assert headline(verdict) == "Tepat waktu, menunggu keterangan atasan"
    assert "Masuk pukul 07.42; keterlambatan tidak dihitung selama waktunya belum pasti." in map(said, verdict.reasons)


def test_on_the_day_itself_nobody_is_absent(tuesday: DutyDay, policy: Policy) -> None:
    assert headline(judged(tuesday, policy, now="10:00:00")) == "Belum tercatat"
    assert judged(tuesday, policy, now="10:00:00").status is DayStatus.NOT_YET


def test_a_second_tap_is_shown_as_already_recorded(tuesday: DutyDay, policy: Policy) -> None:
    verdict = judged(tuesday, policy, tap(Direction.IN, "07:20:00"), tap(Direction.IN, "07:35:00"))
    assert [listed.role for listed in verdict.taps] == [TapRole.ARRIVAL, TapRole.REPEATED]
    assert "Absen pukul 07.35 tetap tersimpan; yang dihitung 07.20." in map(said, verdict.reasons)


def test_every_reason_can_be_said_in_both_languages(tuesday: DutyDay, policy: Policy) -> None:
    verdict = judged(tuesday, policy, tap(Direction.OUT, "07:20:00"), tap(Direction.OUT, "15:35:00", Grade.D))
    assert all(said(reason, language) for reason in verdict.reasons for language in LANGS)


def test_a_verdict_names_the_rules_it_was_made_by(tuesday: DutyDay, policy: Policy) -> None:
    version = judged(tuesday, policy).version
    assert (version.name, len(version.sha256), version.rules) == ("permentan-68-2012", 64, "4")


def test_an_excuse_of_a_code_that_the_policy_does_not_have_credits_nothing(tuesday: DutyDay, policy: Policy) -> None:
    unknown = ExcusePeriod(ref="EX-1", period=tuesday.hours, tail_minutes=0, article="-", code="CAPM")
    verdict = judge_day(duty_day=tuesday, taps=(), policy=policy, excuses=[unknown], now_ms=tuesday.day.until_ms)
    assert verdict.status is DayStatus.ABSENT
    assert [one.mapping["excuse"] for one in verdict.reasons if one.code is ReasonCode.EXCUSE_REFUSED] == ["EX-1"]
