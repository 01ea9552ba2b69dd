from django.urls import path

from hadir.office.exports import views

urlpatterns = [
    path("bulan/<int:unit>/<month:first>/ekspor/", views.ask, name="month-export"),
    path("ekspor/", views.exports, name="exports"),
    path("ekspor/<int:number>/", views.export, name="export"),
    path("ekspor/<int:number>/unduh/", views.export_file, name="export-file"),
]
