from django.urls import path

from hadir.office.month_pages import act_views, edition_views, views

urlpatterns = [
    path("bulan/", views.months_home, name="months-home"),
    path("bulan/huruf/", act_views.letters, name="month-letters"),
    path("edisi/", edition_views.edition, name="edition"),
    path("edisi/daftar.xlsx", edition_views.edition_file, {"kind": "xlsx"}, name="edition-xlsx"),
    path("edisi/daftar.csv", edition_views.edition_file, {"kind": "csv"}, name="edition-csv"),
    path("edisi/<number:number>/usul/", edition_views.propose, name="edition-propose"),
    path("edisi/<number:number>/setuju/", edition_views.accept, name="edition-accept"),
    path("edisi/<number:number>/tunda/", edition_views.refuse, name="edition-refuse"),
    path("bulan/penutupan/<number:number>/buka/", act_views.ask, name="month-ask"),
    path("bulan/penutupan/<number:number>/izinkan/", act_views.grant, name="month-grant"),
    path("bulan/penutupan/<number:number>/tetap/", act_views.keep, name="month-keep"),
    path("bulan/<number:unit>/<month:first>/", views.recap, name="month-recap"),
    path("bulan/<number:unit>/<month:first>/diketahui/", views.recap_known, name="month-known"),
    path("bulan/<number:unit>/<month:first>/orang/<number:person>/", views.person_sheet, name="month-person"),
    path("bulan/<number:unit>/<month:first>/gambar/", views.picture, name="month-picture"),
    path("bulan/<number:unit>/<month:first>/menunggu/", views.waiting, name="month-waiting"),
    path("bulan/<number:unit>/<month:first>/penutupan/", views.closings, name="month-closings"),
    path("bulan/<number:unit>/<month:first>/tutup/", act_views.close, name="month-close"),
]
