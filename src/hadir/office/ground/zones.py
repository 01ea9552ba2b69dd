"""The zones of Indonesian work places."""

from django.db import models


class Zone(models.TextChoices):
    """The zones of Indonesian work places, by their IANA names."""

    WIB = "Asia/Jakarta"
    WIB_WEST_KALIMANTAN = "Asia/Pontianak"
    WITA = "Asia/Makassar"
    WIT = "Asia/Jayapura"

    @property
    def short(self) -> str:
        return {"Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}.get(self.value, "WIB")
