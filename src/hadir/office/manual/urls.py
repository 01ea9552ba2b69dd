from django.urls import path

from hadir.office.manual import views

urlpatterns = [
    path("daftar/", views.manual_home, name="manual-home"),
    path("daftar/unit/<int:unit>/", views.sheets, name="manual"),
    path("daftar/unit/<int:unit>/baru/", views.record, name="manual-record"),
    path("daftar/<int:number>/", views.sheet, name="manual-sheet"),
    path("daftar/<int:number>/foto/", views.photo, name="manual-photo"),
    path("daftar/<int:number>/batalkan/", views.withdraw, name="manual-withdraw"),
]
