"""What an act of law says, in codes of the catalogue with their parameters: one line for each thing that it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hadir.office.duties.kinds import (
    CalendarDay,
    Ceremony,
    Circular,
    DirectionRule,
    Dispensation,
    Duty,
    Ramadan,
    Remote,
    RollOut,
    Shape,
)
from hadir.office.duties.policy_words import word_of
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import laws
from hadir.office.units.models import Unit
from hadir.texts import Lang, render


@dataclass(frozen=True, slots=True)
class Said:
    code: str
    params: dict[str, object] = field(default_factory=dict)

    @property
    def as_reason(self) -> dict[str, object]:
        """As `t_reason` takes it."""
        return {"code": self.code, "params": self.params}


def said(shape: Shape, lang: Lang) -> list[Said]:  # noqa: PLR0911 - one for each kind
    """In the order in which a reader asks."""
    match shape:
        case Duty():
            return _duty(shape, lang)
        case CalendarDay():
            return [*_calendar_day(shape)]
        case Ramadan():
            return [Said("law.said.ramadan")]
        case Circular():
            return _circular(shape, lang)
        case Dispensation():
            return [_dispensation(shape)]
        case Ceremony():
            return _ceremony(shape, lang)
        case Remote():
            return [Said("law.said.remote"), *_code(shape.code), *_weekdays(shape.weekdays, lang)]
        case RollOut():
            return [Said("law.said.roll_out")]
        case DirectionRule():
            return [
                Said(f"law.said.phones.{shape.phones.value}"),
                Said(f"law.said.terminals.{shape.terminals.value}"),
            ]
    raise TypeError(type(shape))


def _duty(shape: Duty, lang: Lang) -> list[Said]:
    found = []
    if shape.duty is not None:
        found.append(Said("law.said.duty", {"duty": word_of(shape.duty, lang)}))
    if shape.policy is not None:
        found.append(Said("law.said.policy", {"policy": policy_title(shape.policy, lang)}))
    if shape.by_roster:
        found.append(Said("law.said.by_roster"))
    return found


def policy_title(name: str, lang: Lang) -> str:
    known = laws(HERE.settings.policies).get(name)
    return known.title[lang] if known else name


def _calendar_day(shape: CalendarDay) -> list[Said]:
    kind = Said(f"law.calendar.{shape.kind.value}", {})
    what = "works" if shape.works else "frees" if shape.frees_staff else "pupils"
    return [Said("law.said.calendar", {"name": shape.name}), kind, Said(f"law.said.calendar.{what}")]


def _circular(shape: Circular, lang: Lang) -> list[Said]:
    found = []
    if shape.start is not None:
        found.append(Said("law.said.start", {"at": f"{shape.start:%H:%M}"}))
    if shape.end is not None:
        found.append(Said("law.said.end", {"at": f"{shape.end:%H:%M}"}))
    return found + [Said("law.said.drops", {"code": word_of(code, lang)}) for code in sorted(shape.drops)]


def _dispensation(shape: Dispensation) -> Said:
    if shape.from_time is None or shape.until_time is None:
        return Said("law.said.dispensation", {"code": shape.code})
    times = {"from_": f"{shape.from_time:%H:%M}", "until": f"{shape.until_time:%H:%M}"}
    return Said("law.said.dispensation_part", {"code": shape.code, **times})


def _ceremony(shape: Ceremony, lang: Lang) -> list[Said]:
    times = {"from_": f"{shape.starts:%H:%M}", "until": f"{shape.ends:%H:%M}"}
    found = [Said("law.said.ceremony", {"name": shape.name, "code": shape.code, **times})]
    place = Unit.objects.filter(number=shape.place).first() if shape.place is not None else None
    if place is not None:
        found.append(Said("law.said.place", {"unit": place.name}))
    on_day_off = [Said("law.said.on_day_off", {})] if shape.on_day_off else []
    return found + _weekdays(shape.weekdays, lang) + on_day_off


def _code(code: str) -> list[Said]:
    return [Said("law.said.code", {"code": code})] if code else []


def _weekdays(weekdays: Iterable[int], lang: Lang) -> list[Said]:
    names = ", ".join(render(f"weekday.{day + 1}", lang) for day in sorted(weekdays))
    return [Said("law.said.weekdays", {"days": names})] if names else []
