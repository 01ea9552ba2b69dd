from django.urls import path

from hadir.office.devices import slip_views, views

urlpatterns = [
    path("hp/", views.devices_home, name="devices-home"),
    path("hp/<number:unit>/", views.devices, name="devices"),
    path("hp/<number:unit>/sahkan/", views.enrol_many, name="devices-enrol"),
    path("hp/<hash:kid>/sahkan/", views.enrol, name="device-enrol"),
    path("hp/<hash:kid>/tolak/", views.refuse, name="device-refuse"),
    path("hp/<hash:kid>/cabut/", views.revoke, name="device-revoke"),
    path("slip/", slip_views.slips_home, name="slips-home"),
    path("slip/<number:unit>/", slip_views.slips, name="slips"),
    path("slip/<number:unit>/cetak/", slip_views.print_slips, name="slips-print"),
    path("slip/cetak/<number:number>/", slip_views.slip_run, name="slip-run"),
    path("slip/cetak/<number:number>/<number:part>.pdf", slip_views.slip_sheets, name="slip-sheets"),
    path("slip/untuk/<number:person>/", slip_views.slip_for, name="slip-for"),
    path("slip/nomor/<number:number>/", slip_views.slip, name="slip"),
]
