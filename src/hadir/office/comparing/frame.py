from hadir.office.comparing import permissions
from hadir.office.page.registry import MenuEntry, register

register(
    "comparing",
    permissions,
    menu=[
        MenuEntry(place=160, code="menu.comparison", page="comparison", rule=permissions.SEE_COMPARISON),
    ],
)
