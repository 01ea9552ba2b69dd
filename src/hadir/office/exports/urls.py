from django.urls import path

from hadir.office.exports import views

urlpatterns = [
    path("bulan/<number:unit>/<month:first>/rekap.xlsx", views.recap_file, {"kind": "xlsx"}, name="month-xlsx"),
    path("bulan/<number:unit>/<month:first>/rekap.pdf", views.recap_file, {"kind": "pdf"}, name="month-pdf"),
    path("bulan/<number:unit>/<month:first>/ekspor/", views.ask, name="month-export"),
    path("ekspor/", views.exports, name="exports"),
    path("ekspor/<number:number>/", views.export, name="export"),
    path("ekspor/<number:number>/unduh/", views.export_file, name="export-file"),
]
