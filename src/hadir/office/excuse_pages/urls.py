from django.urls import path

from hadir.office.excuse_pages import list_views, many_views, views

urlpatterns = [
    path("keterangan/unit/<number:unit>/impor/", list_views.bring_excuses, name="excuses-import"),
    path("keterangan/impor/<number:number>/", list_views.confirm_excuses, name="excuses-confirm"),
    path("keterangan/contoh.xlsx", list_views.template_xlsx, name="excuses-template"),
    path("keterangan/contoh.csv", list_views.template_csv, name="excuses-template-csv"),
    path("keterangan/", views.excuses_home, name="excuses-home"),
    path("keterangan/unit/<number:unit>/", views.excuses, name="excuses"),
    path("keterangan/unit/<number:unit>/akui/", many_views.attest_many, name="excuses-attest"),
    path("keterangan/unit/<number:unit>/setujui/", many_views.approve_many, name="excuses-approve"),
    path("keterangan/unit/<number:unit>/batalkan/", many_views.withdraw_many, name="excuses-withdraw"),
    path("keterangan/unit/<number:unit>/baru/", views.enter, name="excuse-enter"),
    path("keterangan/<number:number>/", views.excuse, name="excuse"),
    path("keterangan/<number:number>/akui/", views.attest, name="excuse-attest"),
    path("keterangan/<number:number>/setujui/", views.approve, name="excuse-approve"),
    path("keterangan/<number:number>/tolak/", views.reject, name="excuse-reject"),
    path("keterangan/<number:number>/nyatakan/", views.vouch, name="excuse-vouch"),
    path("keterangan/<number:number>/batalkan/", views.withdraw, name="excuse-withdraw"),
]
