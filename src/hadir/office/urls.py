"""Every address of the office. All begin with `/kantor/`, so that a door can tell them from the gate's."""

from django.urls import URLPattern, URLResolver, include, path

from hadir.office.accounts import urls as accounts
from hadir.office.acts import urls as acts
from hadir.office.comparing import urls as comparing
from hadir.office.day_pages import urls as days
from hadir.office.devices import urls as devices
from hadir.office.erasing import urls as erasing
from hadir.office.excuse_pages import urls as excuses
from hadir.office.exports import urls as exports
from hadir.office.home import urls as home
from hadir.office.intake import urls as intake
from hadir.office.law_pages import urls as duties
from hadir.office.manual import urls as manual
from hadir.office.month_pages import urls as months
from hadir.office.outages import urls as outages
from hadir.office.page import views as page
from hadir.office.register import urls as register
from hadir.office.status import urls as status

urlpatterns: list[URLPattern | URLResolver] = [
    path("kantor/bahasa/", page.language, name="language"),
    path("kantor/", include(accounts.urlpatterns)),
    path("kantor/", include(days.urlpatterns)),
    path("kantor/", include(devices.urlpatterns)),
    path("kantor/", include(intake.urlpatterns)),
    path("kantor/", include(register.urlpatterns)),
    path("kantor/", include(acts.urlpatterns)),
    path("kantor/", include(comparing.urlpatterns)),
    path("kantor/", include(erasing.urlpatterns)),
    path("kantor/", include(excuses.urlpatterns)),
    path("kantor/", include(outages.urlpatterns)),
    path("kantor/", include(duties.urlpatterns)),
    path("kantor/", include(manual.urlpatterns)),
    path("kantor/", include(months.urlpatterns)),
    path("kantor/", include(exports.urlpatterns)),
    path("kantor/", include(home.urlpatterns)),
    path("kantor/", include(status.urlpatterns)),
]

handler400 = "hadir.office.page.views.bad_request"
handler403 = "hadir.office.page.views.forbidden"
handler404 = "hadir.office.page.views.not_found"
handler500 = "hadir.office.page.views.server_error"
