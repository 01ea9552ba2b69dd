from django.urls import path

from hadir.office.home import waiting

urlpatterns = [path("tugas/", waiting.tasks, name="tasks")]
