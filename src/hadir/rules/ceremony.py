"""Ceremonies (apel, upacara): a place and a time of their own, and what it costs to miss one.

A tap in the ceremony's time shows the person there, whatever its direction, and so does the arrival, unless he came
after its end or went before it began; where none counts, the press that shows him there all the same. Of whoever has no
arrival the departure does, at a ceremony that ends when people go home. With a place given, a tap known to be made
elsewhere shows nothing. Whoever was excused then, or for the day, is not asked; while a source is dark that would have
seen the person, nothing is missed yet. A ceremony is owed only by whom it names; that is the caller's to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hadir.rules.clocks import Moment, Period
from hadir.rules.evidence import WeighedTap
from hadir.rules.excuse import ExcusePeriod
from hadir.rules.half import DarkSource
from hadir.rules.policy import Policy
from hadir.rules.reasons import Reason, ReasonCode, because
from hadir.rules.verdict import Attendance, CeremonyVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """A ceremony that a person owes: its name on screen, the policy's code, its time (UTC milliseconds) and place.

    `on_day_off`: it is owed though the day is off, as the flag is raised on 17 August; an apel is not.
    """

    name: str
    code: str
    period: Period
    site: str | None = None
    on_day_off: bool = False


@dataclass(frozen=True, slots=True)
class RollCall:
    """What attendance at ceremonies is read from: the date, its taps and excuses, the time of asking, dark sources.

    `came` and `went` are the taps that count as arrival and departure, or those that would if the day were owed;
    `pressed`: where none counts as the arrival, the one that shows the person there all the same. `home_ms`: from when
    on people go home.
    """

    day: date | int
    zone: str
    policy: Policy
    taps: tuple[WeighedTap, ...]
    excuses: tuple[ExcusePeriod, ...]
    now_ms: int
    dark: tuple[DarkSource, ...]
    came: WeighedTap | None
    went: WeighedTap | None
    home_ms: int
    pressed: WeighedTap | None = None

    def of(self, ceremonies: Sequence[Ceremony]) -> tuple[tuple[CeremonyVerdict, Reason], ...]:
        """Each ceremony with what became of it and the sentence that says so, in order of time."""
        order = sorted(set(ceremonies), key=lambda one: (one.period, one.name, one.code, one.site or ""))
        return tuple(self._one(ceremony) for ceremony in order)

    def _one(self, ceremony: Ceremony) -> tuple[CeremonyVerdict, Reason]:
        seen_ms = self._seen_ms(ceremony)
        if seen_ms is not None:
            told = because(ReasonCode.CEREMONY_ATTENDED, name=ceremony.name, at=self._clock(seen_ms))
            return _verdict(ceremony, Attendance.ATTENDED, told)
        excuse = next((one for one in self.excuses if _covers(one, ceremony.period)), None)
        if excuse is not None:
            article = self.policy.article(f"excuses.{excuse.code}") or excuse.article
            told = because(ReasonCode.CEREMONY_EXCUSED, article, name=ceremony.name)
            return _verdict(ceremony, Attendance.EXCUSED, told)
        is_dark = any(source.period.overlaps(ceremony.period) for source in self.dark)
        if is_dark or self.now_ms < ceremony.period.until_ms:
            return _verdict(ceremony, Attendance.NOT_YET, because(ReasonCode.CEREMONY_NOT_YET, name=ceremony.name))
        return self._missed(ceremony)

    def _seen_ms(self, ceremony: Ceremony) -> int | None:
        """The tap that shows the person there: one in its time, or else the arrival before it, or the departure."""
        period = ceremony.period
        inside = [tap.judged_ms for tap in self.taps if tap.judged_ms in period and _is_there(tap, ceremony)]
        if inside or self.now_ms < period.until_ms:
            return min(inside, default=None)
        if self.went is not None and self.went.judged_ms < period.from_ms:
            return None
        came = self.came or self.pressed
        if came is not None and came.judged_ms < period.until_ms and _is_there(came, ceremony):
            return came.judged_ms
        shows = self.went if self.came is None and self.home_ms < period.until_ms else None
        return None if shows is None or not _is_there(shows, ceremony) else shows.judged_ms

    def _missed(self, ceremony: Ceremony) -> tuple[CeremonyVerdict, Reason]:
        row = self.policy.ceremonies.get(ceremony.code)
        percent = Decimal(0) if row is None else row.percent
        missed = because(
            ReasonCode.CEREMONY_MISSED,
            None if row is None else row.article,
            name=ceremony.name,
            code=ceremony.code,
            percent=f"{percent.normalize():f}",
            from_=self._clock(ceremony.period.from_ms),
            until=self._clock(ceremony.period.until_ms),
        )
        return _verdict(ceremony, Attendance.MISSED, missed, percent)

    def _clock(self, at_ms: int) -> Moment:
        return Moment(at_ms, self.zone, self.day)


def _verdict(
    ceremony: Ceremony, attendance: Attendance, reason: Reason, percent: Decimal = Decimal(0)
) -> tuple[CeremonyVerdict, Reason]:
    verdict = CeremonyVerdict(name=ceremony.name, code=ceremony.code, attendance=attendance, percent=percent)
    return verdict, reason


def _is_there(tap: WeighedTap, ceremony: Ceremony) -> bool:
    return ceremony.site is None or tap.site is None or tap.site == ceremony.site


def _covers(excuse: ExcusePeriod, period: Period) -> bool:
    """An excuse that touches the ceremony excuses from it: nobody can be at a part of one."""
    return excuse.explains.overlaps(period)
