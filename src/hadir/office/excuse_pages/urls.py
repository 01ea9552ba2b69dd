from django.urls import path

from hadir.office.excuse_pages import list_views, many_views, views

urlpatterns = [
    path("keterangan/unit/<int:unit>/impor/", list_views.bring_excuses, name="excuses-import"),
    path("keterangan/impor/<int:number>/", list_views.confirm_excuses, name="excuses-confirm"),
    path("keterangan/contoh.xlsx", list_views.template_xlsx, name="excuses-template"),
    path("keterangan/contoh.csv", list_views.template_csv, name="excuses-template-csv"),
    path("keterangan/", views.excuses_home, name="excuses-home"),
    path("keterangan/unit/<int:unit>/", views.excuses, name="excuses"),
    path("keterangan/unit/<int:unit>/akui/", many_views.attest_many, name="excuses-attest"),
    path("keterangan/unit/<int:unit>/setujui/", many_views.approve_many, name="excuses-approve"),
    path("keterangan/unit/<int:unit>/batalkan/", many_views.withdraw_many, name="excuses-withdraw"),
    path("keterangan/unit/<int:unit>/baru/", views.enter, name="excuse-enter"),
    path("keterangan/<int:number>/", views.excuse, name="excuse"),
    path("keterangan/<int:number>/akui/", views.attest, name="excuse-attest"),
    path("keterangan/<int:number>/setujui/", views.approve, name="excuse-approve"),
    path("keterangan/<int:number>/tolak/", views.reject, name="excuse-reject"),
    path("keterangan/<int:number>/nyatakan/", views.vouch, name="excuse-vouch"),
    path("keterangan/<int:number>/batalkan/", views.withdraw, name="excuse-withdraw"),
]
