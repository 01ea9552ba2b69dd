from __future__ import annotations

from django import forms

from hadir.office.acts.actions import REASON_LENGTH_MAX
from hadir.office.excuses.forms import MESSAGES, text
from hadir.office.page.fields import DayField


class ErasureForm(forms.Form):
    """From before which day, and why."""

    before = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    reason = text(REASON_LENGTH_MAX, required=True)
