from django.urls import path

from hadir.office.status import heartbeat

urlpatterns = [path("status/", heartbeat.status, name="status")]
