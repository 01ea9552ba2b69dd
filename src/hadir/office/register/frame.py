from hadir.office.page.registry import MenuEntry, register
from hadir.office.people import permissions

register(
    "people",
    permissions,
    menu=[
        MenuEntry(place=110, code="menu.register", page="staff", rule=permissions.SEE_REGISTER),
    ],
)
