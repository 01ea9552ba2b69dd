from django.urls import path

from hadir.office.accounts import account_views, own_views, views

urlpatterns = [
    path("masuk/", views.log_in, name="log-in"),
    path("masuk/kode/", views.factor, name="log-in-factor"),
    path("keluar/", views.log_out, name="log-out"),
    path("sandi/", views.password, name="password"),
    path("saya/", own_views.own, name="own"),
    path("saya/aplikasi/", own_views.app, name="own-app"),
    path("saya/kunci/", own_views.key, name="own-key"),
    path("saya/kode/", own_views.codes, name="own-codes"),
    path("saya/faktor/<number:number>/hapus/", own_views.remove, name="own-remove"),
    path("saya/sesi/", own_views.sessions, name="own-sessions"),
    path("saya/masuk/", own_views.own_log_ins, name="own-log-ins"),
    path("akun/", account_views.accounts, name="accounts"),
    path("akun/faktor/", account_views.factors, name="factors"),
    path("akun/faktor/<slug:role>/", account_views.demand, name="factor-demand"),
    path("akun/masuk/", account_views.log_ins, name="log-ins"),
    path("akun/<number:person>/", account_views.account, name="account"),
    path("akun/<number:person>/baru/", account_views.make, name="account-make"),
    path("akun/<number:person>/peran/", account_views.grant, name="role-grant"),
    path("akun/peran/<number:number>/akhiri/", account_views.end, name="role-end"),
    path("akun/<number:person>/sandi/", account_views.reset, name="account-reset"),
    path("akun/<number:person>/faktor/", account_views.reset_factor, name="account-factor"),
    path("akun/<number:person>/faktor/jawab/", account_views.answer_reset, name="account-factor-answer"),
]
