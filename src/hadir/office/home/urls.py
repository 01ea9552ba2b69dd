from django.urls import path

from hadir.office.home import inbox_views

urlpatterns = [path("tugas/", inbox_views.tasks, name="tasks")]
