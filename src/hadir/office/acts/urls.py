from django.urls import path

from hadir.office.acts import views

urlpatterns = [path("jejak/", views.audit, name="audit")]
