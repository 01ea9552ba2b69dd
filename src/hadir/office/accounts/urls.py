from django.urls import path

from hadir.office.accounts import role_views, views

urlpatterns = [
    path("masuk/", views.log_in, name="log-in"),
    path("keluar/", views.log_out, name="log-out"),
    path("sandi/", views.password, name="password"),
    path("akun/", views.accounts, name="accounts"),
    path("akun/<int:person>/", role_views.account, name="account"),
    path("akun/<int:person>/baru/", role_views.make, name="account-make"),
    path("akun/<int:person>/peran/", role_views.grant, name="role-grant"),
    path("akun/peran/<int:number>/akhiri/", role_views.end, name="role-end"),
    path("akun/<int:person>/sandi/", views.reset, name="account-reset"),
]
