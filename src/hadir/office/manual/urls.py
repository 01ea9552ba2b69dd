from django.urls import path

from hadir.office.manual import views

urlpatterns = [
    path("daftar/", views.manual_home, name="manual-home"),
    path("daftar/unit/<number:unit>/", views.sheets, name="manual"),
    path("daftar/unit/<number:unit>/baru/", views.record, name="manual-record"),
    path("daftar/<number:number>/", views.sheet, name="manual-sheet"),
    path("daftar/<number:number>/foto/", views.photo, name="manual-photo"),
    path("daftar/<number:number>/batalkan/", views.withdraw, name="manual-withdraw"),
]
