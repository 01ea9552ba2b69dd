"""What people type about the law: one form for each kind. Errors are codes of the catalogue; nothing is lost on one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
from django import forms
from django.http import QueryDict

from hadir.office.duties.kinds import SHAPES, TEXT_LENGTH_MAX, LawKind, LawShape
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


def a_day(*, required: bool = True) -> forms.DateField:
    return DayField(required=required, error_messages=MESSAGES, input_formats=["%Y-%m-%d"])


def a_time(*, required: bool = False) -> forms.TimeField:
    return forms.TimeField(required=required, error_messages=MESSAGES, input_formats=TIMES)


def a_tick() -> forms.BooleanField:
    return forms.BooleanField(required=False)


@dataclass(frozen=True, slots=True)
class Option:
    """`code` is of the catalogue; where it is empty the label stands for itself."""

    value: str
    code: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field as the one template draws it."""

    name: str
    look: str
    value: Any
    error: str
    options: Sequence[Option] = ()
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
_SAYS = {LawKind.DUTY: ("duty", "policy", "by_roster"), LawKind.CIRCULAR: ("start", "end", "drops")}
"""Of these fields one must say something."""
_TIMES = {
    LawKind.CIRCULAR: ("start", "end"),
    LawKind.DISPENSATION: ("from_time", "until_time"),
    LawKind.CEREMONY: ("starts", "ends"),
}
_MEMBERS = {"kind_of_day": "kind", "ceremony": "code", "remote_code": "code"}
"""Fields whose names are not those of the shape's members."""


@dataclass(frozen=True, slots=True)
class OfferedNames:
    """The names that a form offers, of the policies, groups and units in reach."""

    duties: tuple[Option, ...] = ()
    policies: tuple[Option, ...] = ()
    ceremonies: tuple[Option, ...] = ()
    groups: tuple[Option, ...] = ()
    units: tuple[Option, ...] = ()


_NONE = Option("", code="law.option.none")


_Offered = tuple[forms.Field, Sequence[Option]]
"""A field, and what it offers."""


def _choice(options: Sequence[Option], *, required: bool = True, many: bool = False) -> _Offered:
    field = forms.MultipleChoiceField if many else forms.ChoiceField
    choices = [(one.value, one.value) for one in options]
    return field(choices=choices, required=required, error_messages=MESSAGES), options


def _extra(words: OfferedNames) -> dict[LawKind, dict[str, _Offered]]:
    """The fields that only one kind has."""
    name, weekdays = text(TEXT_LENGTH_MAX, required=True), _choice(WEEKDAYS, required=False, many=True)
    return {
        LawKind.DUTY: {
            "duty": _choice((_NONE, *words.duties), required=False),
            "policy": _choice((_NONE, *words.policies), required=False),
            "by_roster": (a_tick(), ()),
        },
        LawKind.CALENDAR: {"name": (name, ()), "kind_of_day": _choice(_FREE_DAYS), "effect": _choice(_WHAT)},
        LawKind.CIRCULAR: {
            "start": (a_time(), ()),
            "end": (a_time(), ()),
            "drops": _choice(words.ceremonies, required=False, many=True),
        },
        LawKind.DISPENSATION: {
            "code": (text(20, required=True), ()),
            "from_time": (a_time(), ()),
            "until_time": (a_time(), ()),
        },
        LawKind.CEREMONY: {
            "name": (name, ()),
            "ceremony": _choice(words.ceremonies),
            "starts": (a_time(required=True), ()),
            "ends": (a_time(required=True), ()),
            "place": _choice((_NONE, *words.units), required=False),
            "weekdays": weekdays,
            "on_day_off": (a_tick(), ()),
        },
        LawKind.REMOTE: {"remote_code": (text(20), ()), "weekdays": weekdays},
        LawKind.DIRECTION: {"phones": _choice(_MODES), "terminals": _choice(_MODES)},
    }


class PeriodForm(forms.Form):
    """From a day on, to a last day if there is one."""

    from_date = a_day()
    last_date = a_day(required=False)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = found.get("from_date"), found.get("last_date")
        if first and last and last < first:
            self.add_error("last_date", "law.form.period")
        return found

    @property
    def until_date(self) -> date | None:
        last: date | None = self.cleaned_data["last_date"]
        return None if last is None else last + timedelta(days=1)


class LawForm(PeriodForm):
    """One act of law of a kind: whom, when, on what it rests, and what it says."""

    group = forms.ChoiceField(required=False, error_messages=MESSAGES)
    person = text(TEXT_LENGTH_MAX)
    document = text(DOCUMENT_LENGTH_MAX, required=True)
    article = text(BASIS_LENGTH_MAX)
    reason = text(REASON_LENGTH_MAX, required=True)

    def __init__(self, data: QueryDict | None = None, *, kind: LawKind, words: OfferedNames) -> None:
        super().__init__(data)
        self.kind = kind
        own = _extra(words).get(kind, {})
        given = {"group": _choice((_NONE, *words.groups), required=kind is LawKind.DISPENSATION), **own}
        self.fields.update({name: field for name, (field, _) in given.items()})
        self._options = {name: options for name, (_, options) in given.items()}
        self.own = tuple(own)
        if kind is LawKind.DISPENSATION:
            del self.fields["person"]
        self.fields["last_date"].required = kind is LawKind.RAMADAN

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if found.get("group") and found.get("person"):
            self.add_error("person", "law.form.group_or_person")
        says = _SAYS.get(self.kind, ())
        if says and not any(found.get(name) for name in says):
            self.add_error(says[0], "law.form.says_nothing")
        begin, end = _TIMES.get(self.kind, ("", ""))
        if self.kind is LawKind.DISPENSATION and bool(found.get(begin)) != bool(found.get(end)):
            self.add_error(end, "form.both_times")
        if found.get(begin) and found.get(end) and found[begin] >= found[end]:
            self.add_error(end, "law.form.times")
        return found

    def shape(self) -> LawShape:
        """What the fields say; those that were left empty say nothing."""
        said = {_MEMBERS.get(name, name): value for name in self.own if (value := self.cleaned_data[name])}
        if (effect := said.pop("effect", None)) is not None:
            said |= {"frees_staff": effect == "frees", "works": effect == "works"}
        return msgspec.convert(said, SHAPES[self.kind], strict=False)

    def shown(self, names: Sequence[str], first: dict[str, Any]) -> list[ShownField]:
        """The fields as they are drawn; `first` is what an empty form begins with."""
        return [self._shown(name, first) for name in names if name in self.fields]

    def _shown(self, name: str, first: dict[str, Any]) -> ShownField:
        field = self.fields[name]
        many = isinstance(field, forms.MultipleChoiceField)
        value = first.get(name, "")
        if self.is_bound:
            assert isinstance(self.data, QueryDict)
            value = self.data.getlist(name) if many else self.data.get(name, "")
        return ShownField(
            name=name,
            look="long" if name == "reason" else _LOOKS.get(type(field), "line"),
            value=value,
            error=str(self.errors[name][0]) if self.is_bound and name in self.errors else "",
            options=self._options.get(name, ()),
            is_required=field.required,
        )


class EndLawForm(forms.Form):
    last_date = a_day()
    reason = text(REASON_LENGTH_MAX, required=True)


class GroupForm(forms.Form):
    name = text(120, required=True)
    is_private = a_tick()


class JoinForm(PeriodForm):
    """Many people into a group, on the same days: ticked, or one NIP a line."""

    numbers = text(NAMES_LENGTH_MAX)
    reason = text(REASON_LENGTH_MAX, required=True)


class LeaveForm(forms.Form):
    until_date = a_day()
    reason = text(REASON_LENGTH_MAX, required=True)
