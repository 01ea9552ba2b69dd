"""The one place where an office's act of law becomes a value of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from hadir.office.duties.kinds import CalendarDay, CeremonyLaw, CircularLaw, DirectionRule, DispensationLaw, Remote
from hadir.office.duties.models import LawAct
from hadir.rules.calendars import FreeDay, Season
from hadir.rules.ceremony import Ceremony
from hadir.rules.clocks import Period, instant_ms
from hadir.rules.evidence import Source
from hadir.rules.plan import Circular, Dispensation
from hadir.rules.policy import Certainty, PairingMode

_SOURCE = "office"
_PHONES, _TERMINALS = (Source.PHONE, Source.KIOSK), (Source.TERMINAL, Source.FILE)


def circular(act: LawAct) -> Circular:
    """Whom it concerns is settled by then; whether it came in time, the rules settle."""
    shape = act.says(CircularLaw)
    return Circular(
        ref=act.ref,
        article=act.article or act.ref,
        from_date=act.from_date,
        until_date=act.until_date or act.from_date.max,
        published_ms=act.made_at_ms,
        approvers=act.approvers,
        start=shape.start,
        end=shape.end,
        drops=shape.drops,
    )


def dispensation(act: LawAct) -> Dispensation:
    shape = act.says(DispensationLaw)
    return Dispensation(
        ref=act.ref,
        article=act.article or act.ref,
        code=shape.code,
        groups=frozenset({f"group/{act.group_id}"}),
        from_date=act.from_date,
        until_date=act.until_date or act.from_date.max,
        from_time=shape.from_time,
        until_time=shape.until_time,
    )


def ceremony(act: LawAct, on: date, zone: str, unit_names: Mapping[int, str]) -> Ceremony:
    shape = act.says(CeremonyLaw)
    return Ceremony(
        name=shape.name,
        code=shape.code,
        period=Period(instant_ms(on, shape.starts, zone), instant_ms(on, shape.ends, zone)),
        site=None if shape.place is None else site_name(shape.place, unit_names),
        on_day_off=shape.on_day_off,
    )


def free_day(act: LawAct, on: date) -> FreeDay:
    shape = act.says(CalendarDay)
    return FreeDay(
        date=on,
        kind=shape.kind,
        name=shape.name,
        article=act.article or act.ref,
        source=_SOURCE,
        certainty=Certainty.STORED,
        frees_staff=shape.frees_staff,
        works=shape.works,
    )


def season(act: LawAct) -> Season:
    assert act.until_date is not None
    return Season(
        from_date=act.from_date,
        until_date=act.until_date,
        article=act.article or act.ref,
        source=_SOURCE,
        certainty=Certainty.STORED,
    )


def modes(said: DirectionRule, usual: Mapping[Source, PairingMode]) -> dict[Source, PairingMode]:
    return {**usual, **dict.fromkeys(_PHONES, said.phones), **dict.fromkeys(_TERMINALS, said.terminals)}


def on_weekday(act: LawAct, on: date) -> bool:
    shape = act.shape
    assert isinstance(shape, CeremonyLaw | Remote)
    return not shape.weekdays or on.weekday() in shape.weekdays


def site_name(number: int, unit_names: Mapping[int, str]) -> str:
    """A unit as verdicts name it; its number where nobody asked for names."""
    return unit_names.get(number, f"unit/{number}")
