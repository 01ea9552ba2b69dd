"""Every address of the office. All begin with `/kantor/`, so that a door can tell them from the gate's."""

from django.urls import URLPattern, URLResolver, include, path

from hadir.office.page import views as page

APPS = (
    "accounts",
    "day_pages",
    "devices",
    "intake",
    "register",
    "acts",
    "comparing",
    "erasing",
    "excuse_pages",
    "outages",
    "law_pages",
    "manual",
    "month_pages",
    "exports",
    "home",
    "status",
)
urlpatterns: list[URLPattern | URLResolver] = [
    path("kantor/bahasa/", page.language, name="language"),
    *(path("kantor/", include(f"hadir.office.{app}.urls")) for app in APPS),
]

handler400 = "hadir.office.page.views.bad_request"
handler403 = "hadir.office.page.views.forbidden"
handler404 = "hadir.office.page.views.not_found"
handler500 = "hadir.office.page.views.server_error"
