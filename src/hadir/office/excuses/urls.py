from django.urls import path

from hadir.office.excuses import views

urlpatterns = [
    path("tugas/", views.tasks, name="tasks"),
    path("keterangan/", views.excuses_home, name="excuses-home"),
    path("keterangan/unit/<int:unit>/", views.excuses, name="excuses"),
    path("keterangan/unit/<int:unit>/baru/", views.enter, name="excuse-enter"),
    path("keterangan/<int:number>/", views.excuse, name="excuse"),
    path("keterangan/<int:number>/akui/", views.attest, name="excuse-attest"),
    path("keterangan/<int:number>/setujui/", views.approve, name="excuse-approve"),
    path("keterangan/<int:number>/tolak/", views.reject, name="excuse-reject"),
    path("keterangan/<int:number>/batalkan/", views.withdraw, name="excuse-withdraw"),
]
