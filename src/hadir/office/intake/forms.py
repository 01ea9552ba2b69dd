from django import forms

from hadir.office.intake.models import SERIAL_LENGTH_MAX, Directions
from hadir.office.page.forms import REASON_LENGTH_MAX, DayField
from hadir.office.tables.forms import ListForm
from hadir.rules.clocks import MS_PER_MINUTE
from hadir.terminals.reading import PIN_LENGTH_MAX, DateOrder

SKEW_MINUTES_MAX = 1_440
UPLOAD_LINES_MAX = 100_000
"""Of a terminal's file, which is read while its sender waits: a few seconds. `hadir import attlog` takes more."""


class FileForm(ListForm):
    """A terminal's file, and the answer where it leaves the order of day and month open."""

    dates = forms.ChoiceField(choices=[("", ""), ("mdy", "mdy"), ("dmy", "dmy")], required=False)

    @property
    def order(self) -> DateOrder | None:
        answered = self.cleaned_data["dates"]
        return DateOrder(answered) if answered else None


class PinForm(forms.Form):
    pin = forms.CharField(max_length=PIN_LENGTH_MAX)
    person = forms.IntegerField(min_value=1)
    from_date = DayField(input_formats=["%Y-%m-%d"])
    until_date = DayField(input_formats=["%Y-%m-%d"], required=False)


class PlaceForm(forms.Form):
    """Where a terminal stands, and how it tells arrival from departure."""

    serial = forms.RegexField(r"^[A-Za-z0-9_-]+$", max_length=SERIAL_LENGTH_MAX)
    unit = forms.IntegerField(min_value=1)
    directions = forms.ChoiceField(choices=Directions.choices)
    from_date = DayField(input_formats=["%Y-%m-%d"])


class EndPinForm(forms.Form):
    """From when on a PIN is nobody's, and why."""

    until_date = DayField(input_formats=["%Y-%m-%d"])
    reason = forms.CharField(max_length=REASON_LENGTH_MAX)


class SkewForm(forms.Form):
    """How many minutes a terminal's clock is behind or ahead."""

    minutes = forms.IntegerField(min_value=0, max_value=SKEW_MINUTES_MAX)
    direction = forms.ChoiceField(choices=[("slow", "slow"), ("fast", "fast")])
    from_date = DayField(input_formats=["%Y-%m-%d"])
    until_date = DayField(input_formats=["%Y-%m-%d"], required=False)

    @property
    def skew_ms(self) -> int:
        sign = 1 if self.cleaned_data["direction"] == "slow" else -1
        return sign * int(self.cleaned_data["minutes"]) * MS_PER_MINUTE


def wrong_codes(form: forms.Form) -> dict[str, str]:
    """A sentence of its own for each field that cannot be used, in the form's order."""
    return {name: f"intake.form.{name}" for name in form.fields if name in form.errors}
