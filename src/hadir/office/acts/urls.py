from django.urls import path

from hadir.office.acts import views

urlpatterns = [
    path("jejak/", views.audit, name="audit"),
    path("jejak/<number:seq>/", views.proof, name="audit-proof"),
    path("jejak/<number:seq>/bukti.txt", views.proof_file, name="audit-proof-file"),
]
