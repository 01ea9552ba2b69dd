"""Fields that more than one room's forms have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from hadir.office.page.asked import YEARS

if TYPE_CHECKING:
    from datetime import date


class DayField(forms.DateField):
    """A day that one can reckon around: `invalid` for what lies centuries away."""

    def to_python(self, value: Any) -> date | None:  # noqa: ANN401 - as Django gives it
        day: date | None = super().to_python(value)
        if day is not None and day.year not in YEARS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day
