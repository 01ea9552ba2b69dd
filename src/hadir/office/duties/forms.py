"""What people type about the law: one form for each kind. Errors are codes of the catalogue; nothing is lost on one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from hadir.office.duties.kinds import (
    TEXT_LENGTH_MAX,
    CalendarDay,
    Ceremony,
    Circular,
    DirectionRule,
    Dispensation,
    Duty,
    LawKind,
    Ramadan,
    Remote,
    RollOut,
    Shape,
)
from hadir.office.page.forms import (
    BASIS_LENGTH_MAX,
    DOCUMENT_LENGTH_MAX,
    MESSAGES,
    REASON_LENGTH_MAX,
    TIMES,
    DayField,
    text,
)
from hadir.rules.calendars import FreeDayKind
from hadir.rules.policy import PairingMode

NAMES_LENGTH_MAX = 20_000
_DAY = timedelta(days=1)


def a_day(*, required: bool = True) -> forms.DateField:
    return DayField(required=required, error_messages=MESSAGES, input_formats=["%Y-%m-%d"])


def a_time(*, required: bool = False) -> forms.TimeField:
    return forms.TimeField(required=required, error_messages=MESSAGES, input_formats=TIMES)


def one_of(options: Sequence[tuple[str, str]], *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(choices=options, required=required, error_messages=MESSAGES)


def a_tick() -> forms.BooleanField:
    return forms.BooleanField(required=False)


@dataclass(frozen=True, slots=True)
class Option:
    """`code` is of the catalogue; where it is empty the label stands for itself."""

    value: str
    code: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as the one template draws it."""

    name: str
    look: str
    value: Any
    error: str
    options: tuple[Option, ...] = ()
    is_required: bool = False

    @property
    def label_code(self) -> str:
        return f"law.field.{self.name}"

    @property
    def help_code(self) -> str:
        return f"law.help.{self.name}"


WEEKDAYS = tuple(Option(str(day), code=f"weekday.{day + 1}") for day in range(7))
_FREE_DAYS = tuple(Option(kind.value, code=f"law.calendar.{kind.value}") for kind in FreeDayKind)
_MODES = tuple(Option(mode.value, code=f"law.mode.{mode.value}") for mode in PairingMode)
_WHAT = tuple(Option(what, code=f"law.said.calendar.{what}") for what in ("frees", "pupils", "works"))
_LOOKS: dict[type[forms.Field], str] = {
    forms.DateField: "date",
    forms.TimeField: "time",
    forms.BooleanField: "tick",
    forms.ChoiceField: "choice",
    forms.MultipleChoiceField: "ticks",
}


def _values(options: Sequence[Option]) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in options]


@dataclass(frozen=True, slots=True)
class Words:
    """The names that a form offers, of the policies, groups and units in reach."""

    duties: tuple[Option, ...] = ()
    policies: tuple[Option, ...] = ()
    ceremonies: tuple[Option, ...] = ()
    groups: tuple[Option, ...] = ()
    units: tuple[Option, ...] = ()


_NONE = Option("", code="law.option.none")


def _extra(kind: LawKind, words: Words) -> dict[str, tuple[forms.Field, tuple[Option, ...]]]:  # noqa: PLR0911 - one for each kind
    """The fields that only this kind has, with what they offer."""
    match kind:
        case LawKind.DUTY:
            duties, policies = (_NONE, *words.duties), (_NONE, *words.policies)
            return {
                "duty": (one_of(_values(duties), required=False), duties),
                "policy": (one_of(_values(policies), required=False), policies),
                "by_roster": (a_tick(), ()),
            }
        case LawKind.CALENDAR:
            return {
                "name": (text(TEXT_LENGTH_MAX, required=True), ()),
                "kind_of_day": (one_of(_values(_FREE_DAYS)), _FREE_DAYS),
                "effect": (one_of(_values(_WHAT)), _WHAT),
            }
        case LawKind.CIRCULAR:
            drops = forms.MultipleChoiceField(
                choices=_values(words.ceremonies), required=False, error_messages=MESSAGES
            )
            return {"start": (a_time(), ()), "end": (a_time(), ()), "drops": (drops, words.ceremonies)}
        case LawKind.DISPENSATION:
            return {
                "code": (text(20, required=True), ()),
                "from_time": (a_time(), ()),
                "until_time": (a_time(), ()),
            }
        case LawKind.CEREMONY:
            places = (_NONE, *words.units)
            return {
                "name": (text(TEXT_LENGTH_MAX, required=True), ()),
                "ceremony": (one_of(_values(words.ceremonies)), words.ceremonies),
                "starts": (a_time(required=True), ()),
                "ends": (a_time(required=True), ()),
                "place": (one_of(_values(places), required=False), places),
                **_weekdays(),
                "on_day_off": (a_tick(), ()),
            }
        case LawKind.REMOTE:
            return {"remote_code": (text(20), ()), **_weekdays()}
        case LawKind.DIRECTION:
            return {"phones": (one_of(_values(_MODES)), _MODES), "terminals": (one_of(_values(_MODES)), _MODES)}
        case _:
            return {}


def _weekdays() -> dict[str, tuple[forms.Field, tuple[Option, ...]]]:
    field = forms.MultipleChoiceField(choices=_values(WEEKDAYS), required=False, error_messages=MESSAGES)
    return {"weekdays": (field, WEEKDAYS)}


class LawForm(forms.Form):
    """One act of law of a kind: whom, when, on what it rests, and what it says."""

    from_date = a_day()
    last_date = a_day(required=False)
    group = forms.ChoiceField(required=False, error_messages=MESSAGES)
    person = text(TEXT_LENGTH_MAX)
    document = text(DOCUMENT_LENGTH_MAX, required=True)
    article = text(BASIS_LENGTH_MAX)
    reason = text(REASON_LENGTH_MAX, required=True)

    def __init__(self, data: QueryDict | None = None, *, kind: LawKind, words: Words) -> None:
        super().__init__(data)
        self.kind = kind
        groups = (_NONE, *words.groups)
        self._options: dict[str, tuple[Option, ...]] = {"group": groups}
        self.fields["group"] = one_of(_values(groups), required=kind is LawKind.DISPENSATION)
        for name, (field, options) in _extra(kind, words).items():
            self.fields[name] = field
            self._options[name] = options
        self.own = tuple(_extra(kind, words))
        if kind is LawKind.DISPENSATION:
            del self.fields["person"]
        self.fields["last_date"].required = kind is LawKind.RAMADAN

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = found.get("from_date"), found.get("last_date")
        if first and last and last < first:
            self.add_error("last_date", "law.form.period")
        if found.get("group") and found.get("person"):
            self.add_error("person", "law.form.group_or_person")
        getattr(self, f"_clean_{self.kind.value}", lambda _: None)(found)
        return found

    def _clean_duty(self, found: dict[str, Any]) -> None:
        if not (found.get("duty") or found.get("policy") or found.get("by_roster")):
            self.add_error("duty", "law.form.says_nothing")

    def _clean_circular(self, found: dict[str, Any]) -> None:
        if not (found.get("start") or found.get("end") or found.get("drops")):
            self.add_error("start", "law.form.says_nothing")
        if found.get("start") and found.get("end") and found["start"] >= found["end"]:
            self.add_error("end", "law.form.times")

    def _clean_dispensation(self, found: dict[str, Any]) -> None:
        if bool(found.get("from_time")) != bool(found.get("until_time")):
            self.add_error("until_time", "form.both_times")
        elif found.get("from_time") and found["from_time"] >= found["until_time"]:
            self.add_error("until_time", "law.form.times")

    def _clean_ceremony(self, found: dict[str, Any]) -> None:
        if found.get("starts") and found.get("ends") and found["starts"] >= found["ends"]:
            self.add_error("ends", "law.form.times")

    @property
    def until_date(self) -> date | None:
        last: date | None = self.cleaned_data["last_date"]
        return None if last is None else last + _DAY

    def shape(self) -> Shape:
        return _shape(self.kind, self.cleaned_data)

    def shown(self, names: Sequence[str], first: dict[str, Any]) -> list[Shown]:
        """The fields as they are drawn; `first` is what an empty form begins with."""
        return [self._shown(name, first) for name in names if name in self.fields]

    def _shown(self, name: str, first: dict[str, Any]) -> Shown:
        field = self.fields[name]
        many = isinstance(field, forms.MultipleChoiceField)
        value = first.get(name, "")
        if self.is_bound:
            assert isinstance(self.data, QueryDict)
            value = self.data.getlist(name) if many else self.data.get(name, "")
        return Shown(
            name=name,
            look="long" if name == "reason" else _LOOKS.get(type(field), "line"),
            value=value,
            error=str(self.errors[name][0]) if self.is_bound and name in self.errors else "",
            options=self._options.get(name, ()),
            is_required=field.required,
        )


def _shape(kind: LawKind, given: dict[str, Any]) -> Shape:  # noqa: PLR0911 - one for each kind
    weekdays = frozenset(int(day) for day in given.get("weekdays", ()))
    match kind:
        case LawKind.DUTY:
            return Duty(duty=given["duty"] or None, policy=given["policy"] or None, by_roster=given["by_roster"])
        case LawKind.CALENDAR:
            what = given["effect"]
            kind_of_day = FreeDayKind(given["kind_of_day"])
            return CalendarDay(given["name"], kind_of_day, frees_staff=what == "frees", works=what == "works")
        case LawKind.RAMADAN:
            return Ramadan()
        case LawKind.CIRCULAR:
            return Circular(start=given["start"], end=given["end"], drops=frozenset(given["drops"]))
        case LawKind.DISPENSATION:
            return Dispensation(given["code"], from_time=given["from_time"], until_time=given["until_time"])
        case LawKind.CEREMONY:
            starts: time = given["starts"]
            place = int(given["place"]) if given["place"] else None
            return Ceremony(
                given["name"], given["ceremony"], starts, given["ends"], place=place, weekdays=weekdays,
                on_day_off=given["on_day_off"],
            )  # fmt: skip
        case LawKind.REMOTE:
            return Remote(given["remote_code"], weekdays=weekdays)
        case LawKind.ROLL_OUT:
            return RollOut()
        case LawKind.DIRECTION:
            return DirectionRule(phones=PairingMode(given["phones"]), terminals=PairingMode(given["terminals"]))


class EndForm(forms.Form):
    """The last day on which an act holds."""

    last_date = a_day()
    reason = text(REASON_LENGTH_MAX, required=True)


class GroupForm(forms.Form):
    """A new group."""

    name = text(120, required=True)
    is_private = a_tick()


class JoinForm(forms.Form):
    """Many people into a group, on the same days: ticked, or one NIP a line."""

    from_date = a_day()
    last_date = a_day(required=False)
    numbers = text(NAMES_LENGTH_MAX)
    reason = text(REASON_LENGTH_MAX, required=True)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = found.get("from_date"), found.get("last_date")
        if first and last and last < first:
            self.add_error("last_date", "law.form.period")
        return found


class LeaveForm(forms.Form):
    """Many people out of a group, from a day on."""

    until_date = a_day()
    reason = text(REASON_LENGTH_MAX, required=True)
