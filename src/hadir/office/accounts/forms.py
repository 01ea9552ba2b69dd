from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from hadir.office.page.forms import MESSAGES, REASON_LENGTH_MAX, DayField, text
from hadir.office.roles import Role
from hadir.office.units.models import Unit

LOGIN_LENGTH_MAX = 60
PASSWORD_LENGTH_MAX = 200


class LoginForm(forms.Form):
    login = forms.CharField(max_length=LOGIN_LENGTH_MAX)
    password = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)


class PasswordForm(forms.Form):
    """Three times a password; what is wrong with them is the action's to say."""

    old = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)
    new = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)
    again = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)


class MakeForm(forms.Form):
    login = forms.RegexField(
        r"^[a-z0-9][a-z0-9._-]{2,59}$",
        max_length=LOGIN_LENGTH_MAX,
        error_messages={**MESSAGES, "invalid": "accounts.trouble.login_shape"},
    )
    reason = text(REASON_LENGTH_MAX, required=True)


class EndRoleForm(forms.Form):
    """From a day on that has not passed, and why."""

    from_date = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    reason = text(REASON_LENGTH_MAX, required=True)

    def __init__(self, data: Any = None, *, today: date) -> None:  # noqa: ANN401 - Django's query dict
        super().__init__(data)
        self._today = today

    def clean_from_date(self) -> date | None:
        first: date | None = self.cleaned_data["from_date"]
        if first and first < self._today:
            raise forms.ValidationError("accounts.trouble.past")
        return first


class DemandForm(EndRoleForm):
    """Without a day, nobody with the role needs a factor because of it."""

    from_date = DayField(required=False, error_messages=MESSAGES, input_formats=["%Y-%m-%d"])


class RoleForm(EndRoleForm):
    """A role from a day on; with a last day, only so long."""

    role = forms.ChoiceField(choices=[(role.value, role.value) for role in Role], error_messages=MESSAGES)
    unit = forms.TypedChoiceField(coerce=int, error_messages=MESSAGES)
    last_date = DayField(required=False, error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    field_order = ("role", "unit", "from_date", "last_date", "reason")

    def __init__(self, data: Any = None, *, units: Sequence[Unit], today: date) -> None:  # noqa: ANN401 - Django's query dict
        super().__init__(data, today=today)
        field = self.fields["unit"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(str(unit.number), unit.name) for unit in units]

    def clean_last_date(self) -> date | None:
        first: date | None = self.cleaned_data.get("from_date")
        last: date | None = self.cleaned_data["last_date"]
        if first and last and last < first:
            raise forms.ValidationError("accounts.trouble.last_before_first")
        return last

    @property
    def until_date(self) -> date | None:
        last = self.cleaned_data["last_date"]
        return last + timedelta(days=1) if last else None
