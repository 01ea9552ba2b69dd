from django import forms

from hadir.office.page.forms import REASON_LENGTH_MAX


class ManyForm(forms.Form):
    """One reason for many phones, and whether they take the place of their people's earlier ones."""

    reason = forms.CharField(max_length=REASON_LENGTH_MAX)
    replace = forms.ChoiceField(choices=[("0", "0"), ("1", "1")])
