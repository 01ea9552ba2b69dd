from __future__ import annotations

from django import forms

from hadir.office.page.forms import REASON_LENGTH_MAX


class ReasonForm(forms.Form):
    """Why: asked for every act that takes something away."""

    reason = forms.CharField(max_length=REASON_LENGTH_MAX)


class ManyForm(ReasonForm):
    """One reason for many phones, and whether they take the place of their people's earlier ones."""

    replace = forms.ChoiceField(choices=[("0", "0"), ("1", "1")])
