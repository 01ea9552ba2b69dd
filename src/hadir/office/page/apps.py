from django.apps import AppConfig
from django.urls import register_converter


class PageConfig(AppConfig):
    """Before any room's addresses are read: what may stand in them."""

    name = "hadir.office.page"

    def ready(self) -> None:
        from hadir.office.page import converters as may  # noqa: PLC0415 - once Django is set up

        register_converter(may.NumberConverter, "number")
        register_converter(may.DateConverter, "day")
        register_converter(may.HashConverter, "hash")
        register_converter(may.MonthConverter, "month")
