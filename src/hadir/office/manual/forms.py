from collections.abc import Iterable
from datetime import time
from typing import Any

from django import forms

from hadir.office.page.forms import MESSAGES, TIMES, DayField, text
from hadir.records.server_records import ManualEntry
from hadir.rules.clocks import instant_ms

WHY_LENGTH_MAX = 200


class SheetForm(forms.Form):
    """A signed sheet: its day, the direction, a time for all, a time of one's own where the paper says another."""

    day = DayField(error_messages=MESSAGES, input_formats=["%Y-%m-%d"])
    direction = forms.ChoiceField(choices=[("in", "in"), ("out", "out")], error_messages=MESSAGES)
    at = forms.TimeField(error_messages=MESSAGES, input_formats=TIMES)
    why = text(WHY_LENGTH_MAX, required=True)
    people = forms.TypedMultipleChoiceField(coerce=int, error_messages=MESSAGES)
    photo = forms.FileField(error_messages=MESSAGES)

    def __init__(self, data: Any = None, files: Any = None, *, people: Iterable[int] = ()) -> None:  # noqa: ANN401 - Django's query dicts
        super().__init__(data, files)
        field = self.fields["people"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(str(number), str(number)) for number in people]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            found["times"] = {number: self._own_time(number) for number in found.get("people", ())}
        except ValueError:
            self.add_error("people", "manual.trouble.time")
        return found

    def entries(self, zone: str) -> list[ManualEntry]:
        given = self.cleaned_data
        return [
            ManualEntry(
                person=number,
                direction=given["direction"],
                at_ms=instant_ms(given["day"], own or given["at"], zone),
            )
            for number, own in given["times"].items()
        ]

    def _own_time(self, number: int) -> time | None:
        typed = str(self.data.get(f"at-{number}", "")).strip()
        return time.fromisoformat(typed) if typed else None
