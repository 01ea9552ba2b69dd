from django.urls import path

from hadir.office.readiness import views as readiness_views
from hadir.office.register import views

urlpatterns = [
    path("kesiapan/", readiness_views.readiness_home, name="readiness-home"),
    path("kesiapan/<number:unit>/", readiness_views.readiness_of, name="readiness"),
    path("pegawai/", views.staff, name="staff"),
    path("pegawai/<number:number>/", views.staff_person, name="staff-person"),
    path("pegawai/impor/", views.bring_list, name="staff-import"),
    path("pegawai/impor/contoh.csv", views.sample, {"kind": "csv"}, name="staff-sample"),
    path("pegawai/impor/contoh.xlsx", views.sample, {"kind": "xlsx"}, name="staff-sample-xlsx"),
    path("pegawai/impor/<number:number>/", views.confirm, name="staff-confirm"),
    path("pegawai/impor/<number:number>/salah/", views.faulty, name="staff-faulty"),
]
