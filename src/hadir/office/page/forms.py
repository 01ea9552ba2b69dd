"""What every form of the office shares. Errors are codes of the catalogue; nothing is lost on an error."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, QueryDict

from hadir.office.page.asked import YEARS

REASON_LENGTH_MAX = 1_000
TIMES = ("%H:%M", "%H:%M:%S", "%H.%M", "%H.%M.%S")
"""As people write a time of day: `08:00`, `08.00`, `8.00`; a browser's own field sends colons."""

MESSAGES = {
    "required": "form.required",
    "invalid": "form.invalid",
    "invalid_choice": "form.invalid",
    "invalid_list": "form.invalid",
    "max_length": "form.too_long",
    "null_characters_not_allowed": "form.invalid",
    "min_value": "form.invalid",
    "max_value": "form.invalid",
}
DOCUMENT_LENGTH_MAX = 120
BASIS_LENGTH_MAX = 200


def text(length: int, *, required: bool = False) -> forms.CharField:
    return forms.CharField(max_length=length, required=required, error_messages=MESSAGES)


def typed(form: forms.Form) -> dict[str, Any]:
    """What was typed, so that a form with an error loses nothing; empty before anything was."""
    return form.data.dict() if isinstance(form.data, QueryDict) else {}


class ReasonForm(forms.Form):
    reason = text(REASON_LENGTH_MAX)


def typed_reason(request: HttpRequest) -> str:
    """Why, as far as it was said and is not too long; whether there must be one is the act's to say."""
    form = ReasonForm(request.POST)
    return str(form.cleaned_data["reason"]) if form.is_valid() else ""


def error_codes(form: Any) -> dict[str, str]:  # noqa: ANN401 - any of Django's forms
    """Field -> the first error's code; the field is empty for what belongs to none."""
    found = form.errors if form.is_bound else {}
    return {("" if name == NON_FIELD_ERRORS else name): str(codes[0]) for name, codes in found.items()}


class DayField(forms.DateField):
    """A day that one can reckon around: `invalid` for what lies centuries away."""

    def to_python(self, value: Any) -> date | None:  # noqa: ANN401 - as Django gives it
        day: date | None = super().to_python(value)
        if day is not None and day.year not in YEARS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day
