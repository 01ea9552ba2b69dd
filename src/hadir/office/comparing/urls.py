from django.urls import path

from hadir.office.comparing import views

urlpatterns = [
    path("cek-jurnal/", views.comparison, name="comparison"),
    path("metrics", views.metrics, name="office-metrics"),
]
