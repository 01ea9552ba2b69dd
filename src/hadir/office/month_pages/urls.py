from django.urls import path

from hadir.office.month_pages import act_views, export_views, known_views, views

urlpatterns = [
    path("bulan/", views.months_home, name="months-home"),
    path("bulan/huruf/", act_views.letters, name="month-letters"),
    path("bulan/penutupan/<int:number>/buka/", act_views.ask, name="month-ask"),
    path("bulan/penutupan/<int:number>/izinkan/", act_views.grant, name="month-grant"),
    path("bulan/penutupan/<int:number>/tetap/", act_views.keep, name="month-keep"),
    path("bulan/<int:unit>/<month:first>/", views.recap, name="month-recap"),
    path("bulan/<int:unit>/<month:first>/diketahui/", known_views.recap_known, name="month-known"),
    path("bulan/<int:unit>/<month:first>/orang/<int:person>/", views.person_sheet, name="month-person"),
    path("bulan/<int:unit>/<month:first>/gambar/", views.picture, name="month-picture"),
    path("bulan/<int:unit>/<month:first>/menunggu/", views.waiting, name="month-waiting"),
    path("bulan/<int:unit>/<month:first>/penutupan/", views.closings, name="month-closings"),
    path("bulan/<int:unit>/<month:first>/rekap.xlsx", export_views.xlsx, name="month-xlsx"),
    path("bulan/<int:unit>/<month:first>/rekap.pdf", export_views.paper, name="month-pdf"),
    path("bulan/<int:unit>/<month:first>/tutup/", act_views.close, name="month-close"),
]
