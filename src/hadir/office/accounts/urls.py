from django.urls import path

from hadir.office.accounts import views

urlpatterns = [
    path("masuk/", views.log_in, name="log-in"),
    path("keluar/", views.log_out, name="log-out"),
    path("sandi/", views.password, name="password"),
    path("akun/", views.accounts, name="accounts"),
    path("akun/<int:person>/sandi/", views.reset, name="account-reset"),
]
