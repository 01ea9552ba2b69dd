from django import forms

from hadir.office.page.forms import MESSAGES, REASON_LENGTH_MAX, DayField, text


class ErasureForm(forms.Form):
    before = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    reason = text(REASON_LENGTH_MAX, required=True)
