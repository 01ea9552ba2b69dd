from django import forms
from django.core.files.uploadedfile import UploadedFile

from hadir.office.tables.table import FILE_BYTES_MAX


class ListForm(forms.Form):
    """A list, or a terminal's file. The door takes ten megabytes, form and all; larger ones come by `hadir import`."""

    berkas = forms.FileField(max_length=200)

    def clean_berkas(self) -> UploadedFile:
        found: UploadedFile = self.cleaned_data["berkas"]
        if found.size is None or found.size > FILE_BYTES_MAX:
            raise forms.ValidationError("too large")
        return found


class ConfirmForm(forms.Form):
    """That what was shown is to be done, with or without the rows that have faults."""

    shown = forms.RegexField(r"^[0-9a-f]{64}$")
    skip_bad = forms.BooleanField(required=False)
