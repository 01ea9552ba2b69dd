from django.urls import path

from hadir.office.excuse_pages import many_views, views

urlpatterns = [
    path("keterangan/unit/<number:unit>/impor/", many_views.bring_excuses, name="excuses-import"),
    path("keterangan/impor/<number:number>/", many_views.confirm_excuses, name="excuses-confirm"),
    path("keterangan/contoh.xlsx", many_views.template, {"kind": "xlsx"}, name="excuses-template"),
    path("keterangan/contoh.csv", many_views.template, {"kind": "csv"}, name="excuses-template-csv"),
    path("keterangan/", views.excuses_home, name="excuses-home"),
    path("keterangan/unit/<number:unit>/", views.excuses, name="excuses"),
    path("keterangan/unit/<number:unit>/akui/", many_views.decide_on_many, {"code": "attest"}, name="excuses-attest"),
    path(
        "keterangan/unit/<number:unit>/setujui/", many_views.decide_on_many, {"code": "approve"}, name="excuses-approve"
    ),
    path(
        "keterangan/unit/<number:unit>/batalkan/",
        many_views.decide_on_many,
        {"code": "withdraw"},
        name="excuses-withdraw",
    ),
    path("keterangan/unit/<number:unit>/baru/", views.enter, name="excuse-enter"),
    path("keterangan/<number:number>/", views.excuse, name="excuse"),
    path("keterangan/<number:number>/akui/", views.act_on, {"code": "attest"}, name="excuse-attest"),
    path("keterangan/<number:number>/setujui/", views.act_on, {"code": "approve"}, name="excuse-approve"),
    path("keterangan/<number:number>/tolak/", views.act_on, {"code": "reject"}, name="excuse-reject"),
    path("keterangan/<number:number>/nyatakan/", views.act_on, {"code": "vouch"}, name="excuse-vouch"),
    path("keterangan/<number:number>/ubah/", views.act_on, {"code": "change"}, name="excuse-change"),
    path("keterangan/<number:number>/ubah/setujui/", views.act_on, {"code": "agree"}, name="excuse-agree"),
    path("keterangan/<number:number>/ubah/tolak/", views.act_on, {"code": "keep"}, name="excuse-keep"),
    path("keterangan/<number:number>/batalkan/", views.act_on, {"code": "withdraw"}, name="excuse-withdraw"),
]
