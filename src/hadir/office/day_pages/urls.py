from django.urls import path, register_converter

from hadir.office.day_pages import api, faulty_views, known_views, seeing_views, views
from hadir.office.page.converters import DateConverter, HashConverter, MonthConverter

register_converter(DateConverter, "day")
register_converter(HashConverter, "hash")
register_converter(MonthConverter, "month")

urlpatterns = [
    path("", views.front, name="front"),
    path("hari-ini/", views.today_home, name="today-home"),
    path("hari-ini/<int:unit>/", views.today_of_unit, name="today"),
    path("orang/<int:person>/<day:day>/", views.person_day, name="person-day"),
    path("orang/<int:person>/<day:day>/lihat/", seeing_views.confirm, name="day-confirm"),
    path("orang/<int:person>/<day:day>/lihat/batalkan/", seeing_views.unconfirm, name="day-unconfirm"),
    path("orang/<int:person>/bulan/<month:first>/", views.person_month, name="person-month"),
    path(
        "orang/<int:person>/bulan/<month:first>/diketahui/", known_views.person_month_known, name="person-month-known"
    ),
    path("catatan/tak-terbukti/", faulty_views.faulty, name="faulty"),
    path("catatan/<hash:record_hash>/tanda-terima/", views.receipt, name="receipt"),
    path("api/saya/hari-ini", api.my_today, name="my-today"),
]
