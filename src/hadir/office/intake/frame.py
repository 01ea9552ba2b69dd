from hadir.office.intake import permissions
from hadir.office.page.registry import MenuEntry, register

register(
    "intake",
    permissions,
    menu=[
        MenuEntry(place=100, code="menu.terminals", page="terminals", rule=permissions.SEE_TERMINALS),
    ],
)
