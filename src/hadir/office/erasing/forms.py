from django import forms

from hadir.office.page.forms import MESSAGES, REASON_LENGTH_MAX, DayField, text


class ErasureForm(forms.Form):
    """From before which day, and why."""

    before = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    reason = text(REASON_LENGTH_MAX, required=True)
