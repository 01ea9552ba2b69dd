from django.urls import path

from hadir.office.status import views

urlpatterns = [path("status/", views.status, name="status")]
