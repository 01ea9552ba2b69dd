from django.urls import path

from hadir.office.erasing import views

urlpatterns = [
    path("hapus-data/", views.erasures, name="erasures"),
    path("hapus-data/<number:number>/setuju/", views.agree, name="erasure-agree"),
    path("hapus-data/<number:number>/tolak/", views.refuse, name="erasure-refuse"),
]
