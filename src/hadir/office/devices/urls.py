from django.urls import path

from hadir.office.devices import views

urlpatterns = [
    path("hp/", views.devices_home, name="devices-home"),
    path("hp/<int:unit>/", views.devices, name="devices"),
    path("hp/<hash:kid>/sahkan/", views.enrol, name="device-enrol"),
    path("hp/<hash:kid>/tolak/", views.refuse, name="device-refuse"),
    path("hp/<hash:kid>/cabut/", views.revoke, name="device-revoke"),
    path("slip/", views.slips_home, name="slips-home"),
    path("slip/<int:unit>/", views.slips, name="slips"),
    path("slip/untuk/<int:person>/", views.slip_for, name="slip-for"),
    path("slip/nomor/<int:number>/", views.slip, name="slip"),
]
