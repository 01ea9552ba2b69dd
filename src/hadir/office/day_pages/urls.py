from django.urls import path

from hadir.office.day_pages import api, person_views, views

urlpatterns = [
    path("", views.front, name="front"),
    path("hari-ini/", views.today_home, name="today-home"),
    path("hari-ini/<number:unit>/", views.today_of_unit, name="today"),
    path("orang/<number:person>/<day:day>/", person_views.person_day, name="person-day"),
    path("orang/<number:person>/<day:day>/lihat/", person_views.word, {"act": "confirm"}, name="day-confirm"),
    path(
        "orang/<number:person>/<day:day>/lihat/batalkan/", person_views.word, {"act": "unconfirm"}, name="day-unconfirm"
    ),
    path("orang/<number:person>/bulan/<month:first>/", person_views.person_month, name="person-month"),
    path(
        "orang/<number:person>/bulan/<month:first>/diketahui/",
        person_views.person_month_known,
        name="person-month-known",
    ),
    path("catatan/tak-terbukti/", person_views.faulty, name="faulty"),
    path("catatan/<hash:record_hash>/tanda-terima/", person_views.receipt, name="receipt"),
    path("api/saya/hari-ini", api.my_today, name="my-today"),
]
