from django.urls import path

from hadir.office.intake import views

urlpatterns = [
    path("mesin/", views.terminals, name="terminals"),
    path("mesin/<slug:serial>/", views.terminal, name="terminal"),
    path("mesin/<slug:serial>/berkas/", views.bring_file, name="terminal-import"),
    path("mesin/<slug:serial>/berkas/<number:number>/", views.imported_file, name="imported-file"),
    path("mesin/<slug:serial>/berkas/lihat/<number:number>/", views.preview, name="terminal-preview"),
    path("mesin/<slug:serial>/pin/<number:number>/akhiri/", views.end_holder, name="terminal-pin-end"),
    path("mesin/<slug:serial>/jam/", views.skew, name="terminal-skew"),
    path("mesin/<slug:serial>/pin/", views.give_pin, name="terminal-pin"),
    path("mesin-tempat/", views.place, name="terminal-place"),
]
