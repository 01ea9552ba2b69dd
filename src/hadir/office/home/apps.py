from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class HomeConfig(AppConfig):
    name = "hadir.office.home"

    def ready(self) -> None:
        autodiscover_modules("frame")
