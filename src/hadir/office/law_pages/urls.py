from django.urls import path

from hadir.office.law_pages import group_views, policy_views, roster_views, trial_views, views, wish_views

urlpatterns = [
    path("aturan/", views.laws_home, name="laws-home"),
    path("aturan/unit/<number:unit>/", views.laws, name="laws"),
    path("aturan/unit/<number:unit>/baru/<slug:kind>/", views.make, name="law-make"),
    path("aturan/<number:number>/", views.law, name="law"),
    path("aturan/<number:number>/setujui/", views.act_on, {"code": "agree"}, name="law-agree"),
    path("aturan/<number:number>/akhiri/", views.act_on, {"code": "end"}, name="law-end"),
    path("aturan/<number:number>/cabut/", views.act_on, {"code": "withdraw"}, name="law-withdraw"),
    path("aturan/unit/<number:unit>/kelompok/", group_views.groups, name="groups"),
    path("aturan/unit/<number:unit>/kelompok/baru/", group_views.open_one, name="group-open"),
    path("aturan/kelompok/<number:number>/", group_views.group, name="group"),
    path("aturan/kelompok/<number:number>/masukkan/", group_views.join, name="group-join"),
    path("aturan/kelompok/<number:number>/keluarkan/", group_views.leave, name="group-leave"),
    path("aturan/unit/<number:unit>/jadwal/", roster_views.roster_home, name="roster-home"),
    path("aturan/unit/<number:unit>/jadwal/<day:first>/", roster_views.roster, name="roster"),
    path("aturan/unit/<number:unit>/jadwal/<day:first>/salin/", roster_views.copy, name="roster-copy"),
    path("aturan/unit/<number:unit>/jadwal/<day:first>/impor/", roster_views.bring, name="roster-import"),
    path("aturan/unit/<number:unit>/jadwal/<day:first>/contoh.xlsx", roster_views.template, name="roster-template"),
    path("aturan/jadwal/<number:number>/", wish_views.wish, name="roster-wish"),
    path("aturan/jadwal/<number:number>/setujui/", wish_views.decide, {"agrees": True}, name="roster-agree"),
    path("aturan/jadwal/<number:number>/tolak/", wish_views.decide, {"agrees": False}, name="roster-refuse"),
    path("aturan/uji/", trial_views.trials, name="trials"),
    path("aturan/uji/<number:number>/", trial_views.trial, name="trial"),
    path("aturan/uji/<number:number>/hasil.xlsx", trial_views.trial_xlsx, name="trial-xlsx"),
    path("aturan/peraturan/", policy_views.policies, name="policies"),
    path("aturan/peraturan/<slug:name>/", policy_views.policy, name="policy"),
    path("aturan/kalender/<number:year>/", policy_views.calendar_year, name="calendar-year"),
]
