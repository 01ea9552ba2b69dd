"""What people type about excuses. Errors are codes of the catalogue; nothing is lost on an error."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms

from hadir.office.excuses.kinds import (
    DEFAULT_TAIL_MINUTES,
    OUTAGE,
    OUTAGE_BASIS,
    PEOPLE_MAX,
    PERIOD_DAYS_MAX,
    TAIL_MINUTES_MAX,
    Cause,
    Scope,
    absence_kinds,
)
from hadir.office.excuses.models import Excuse
from hadir.office.page.forms import (
    BASIS_LENGTH_MAX,
    DOCUMENT_LENGTH_MAX,
    MESSAGES,
    REASON_LENGTH_MAX,
    TIMES,
    DayField,
    text,
)
from hadir.office.units.models import Unit
from hadir.records.days import local
from hadir.rules.clocks import MS_PER_SECOND, Period, instant_ms, local_day


class AbsenceForm(forms.Form):
    """One excuse for one or many people of a unit: whole days, or a part of one day."""

    kind = forms.ChoiceField(
        choices=lambda: [(kind.value, kind.value) for kind in absence_kinds()], error_messages=MESSAGES
    )
    from_date = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    until_date = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    from_time = forms.TimeField(required=False, error_messages=MESSAGES, input_formats=TIMES)
    until_time = forms.TimeField(required=False, error_messages=MESSAGES, input_formats=TIMES)
    document = text(DOCUMENT_LENGTH_MAX)
    basis = text(BASIS_LENGTH_MAX)
    reason = text(REASON_LENGTH_MAX, required=True)
    people = forms.TypedMultipleChoiceField(coerce=int, error_messages=MESSAGES)

    def __init__(self, data: Any = None, *, people: Iterable[int] = ()) -> None:  # noqa: ANN401 - Django's query dict
        super().__init__(data)
        field = self.fields["people"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(str(number), str(number)) for number in people]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = found.get("from_date"), found.get("until_date")
        if first and last and not first <= last <= first + timedelta(days=PERIOD_DAYS_MAX - 1):
            self.add_error("until_date", "form.period")
        if bool(found.get("from_time")) != bool(found.get("until_time")):
            self.add_error("until_time", "form.both_times")
        elif found.get("from_time") and (found["from_time"] >= found["until_time"] or first != last):
            self.add_error("until_time", "form.part_of_one_day")
        if len(found.get("people", ())) > PEOPLE_MAX:
            self.add_error("people", "form.too_many")
        return found

    @property
    def is_whole_days(self) -> bool:
        return not self.cleaned_data.get("from_time")

    def period(self, zone: str) -> Period:
        """The instants that the fields mean at a work place in `zone`."""
        first, last = self.cleaned_data["from_date"], self.cleaned_data["until_date"]
        if self.is_whole_days:
            return Period(local_day(first, zone).from_ms, local_day(last, zone).until_ms)
        times = (self.cleaned_data["from_time"], self.cleaned_data["until_time"])
        return Period(*(instant_ms(first, at, zone) for at in times))

    def excuse(self, unit: Unit) -> Excuse:
        """What the fields say, entered by nobody yet."""
        given = {name: self.cleaned_data[name] for name in ("kind", "document", "basis")}
        return Excuse.within(
            self.period(unit.zone), scope=Scope.PEOPLE, unit=unit, is_whole_days=self.is_whole_days, **given
        )


class OutageForm(forms.Form):
    """When recording was not possible, from what somebody knows."""

    from_date = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    from_time = forms.TimeField(error_messages=MESSAGES, input_formats=TIMES)
    until_date = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    until_time = forms.TimeField(error_messages=MESSAGES, input_formats=TIMES)
    tail_minutes = forms.IntegerField(min_value=0, max_value=TAIL_MINUTES_MAX, error_messages=MESSAGES)
    cause = forms.ChoiceField(choices=Cause.choices, error_messages=MESSAGES)
    document = text(DOCUMENT_LENGTH_MAX)
    basis = text(BASIS_LENGTH_MAX, required=True)
    terminal = text(40)
    reason = text(REASON_LENGTH_MAX)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        names = ("from_date", "from_time", "until_date", "until_time")
        if all(found.get(name) is not None for name in names):
            first = (found["from_date"], found["from_time"])
            last = (found["until_date"], found["until_time"])
            if not first < last or found["until_date"] - found["from_date"] > timedelta(days=PERIOD_DAYS_MAX):
                self.add_error("until_time", "form.period")
        return found

    def period(self, zone: str) -> Period:
        found = self.cleaned_data
        return Period(
            instant_ms(found["from_date"], found["from_time"], zone),
            instant_ms(found["until_date"], found["until_time"], zone),
        )

    def excuse(self, unit: Unit) -> Excuse:
        """What the fields say, entered by nobody yet."""
        given = {name: self.cleaned_data[name] for name in ("terminal", "tail_minutes", "document", "basis", "cause")}
        scope = Scope.TERMINAL if given["terminal"] else Scope.UNIT
        return Excuse.within(self.period(unit.zone), kind=OUTAGE, scope=scope, unit=unit, **given)

    def corrected(self, row: Excuse) -> Excuse:
        """The window that the fields say; the row's own period where they say the same second."""
        shown, given = self.period(row.zone), self.cleaned_data
        cut = Period(row.from_ms // MS_PER_SECOND * MS_PER_SECOND, row.until_ms // MS_PER_SECOND * MS_PER_SECOND)
        told = {name: given[name] for name in ("tail_minutes", "cause", "document", "basis")}
        return Excuse.within(row.period if shown == cut else shown, **told)


def shown_window(row: Excuse) -> dict[str, str]:
    """The window of an outage as the form shows it first."""
    begin, end = local(row.from_ms, row.zone), local(row.until_ms, row.zone)
    return {
        "from_date": f"{begin:%Y-%m-%d}",
        "from_time": f"{begin:%H:%M:%S}",
        "until_date": f"{end:%Y-%m-%d}",
        "until_time": f"{end:%H:%M:%S}",
        "tail_minutes": str(row.tail_minutes),
        "cause": row.cause,
        "document": row.document,
        "basis": row.basis,
        "terminal": row.terminal,
    }


def blank_outage(day: date) -> dict[str, str]:
    """What a report begins with."""
    return {
        "from_date": day.isoformat(),
        "until_date": day.isoformat(),
        "tail_minutes": str(DEFAULT_TAIL_MINUTES),
        "cause": Cause.NETWORK.value,
        "basis": OUTAGE_BASIS,
    }
