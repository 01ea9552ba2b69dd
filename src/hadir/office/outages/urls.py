from django.urls import path

from hadir.office.outages import views

urlpatterns = [
    path("gangguan/", views.outages, name="outages"),
    path("gangguan/lapor/", views.report_home, name="outage-report-home"),
    path("gangguan/unit/<number:unit>/lapor/", views.report, name="outage-report"),
    path("gangguan/<number:number>/berita-acara/", views.minutes, name="outage-minutes"),
]
