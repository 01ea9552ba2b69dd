from django.urls import path

from hadir.office.day_pages import api, faulty_views, known_views, seeing_views, views

urlpatterns = [
    path("", views.front, name="front"),
    path("hari-ini/", views.today_home, name="today-home"),
    path("hari-ini/<number:unit>/", views.today_of_unit, name="today"),
    path("orang/<number:person>/<day:day>/", views.person_day, name="person-day"),
    path("orang/<number:person>/<day:day>/lihat/", seeing_views.confirm, name="day-confirm"),
    path("orang/<number:person>/<day:day>/lihat/batalkan/", seeing_views.unconfirm, name="day-unconfirm"),
    path("orang/<number:person>/bulan/<month:first>/", views.person_month, name="person-month"),
    path(
        "orang/<number:person>/bulan/<month:first>/diketahui/",
        known_views.person_month_known,
        name="person-month-known",
    ),
    path("catatan/tak-terbukti/", faulty_views.faulty, name="faulty"),
    path("catatan/<hash:record_hash>/tanda-terima/", views.receipt, name="receipt"),
    path("api/saya/hari-ini", api.my_today, name="my-today"),
]
