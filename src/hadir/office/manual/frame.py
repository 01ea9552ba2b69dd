from hadir.office.manual import permissions
from hadir.office.page.registry import MenuEntry, register

register(
    "manual",
    permissions,
    menu=[
        MenuEntry(place=60, code="menu.manual", page="manual-home", rule=permissions.SEE_MANUAL),
    ],
)
