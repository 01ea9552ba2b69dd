from hadir.office.acts import permissions
from hadir.office.page.registry import MenuEntry, register

register(
    "acts",
    permissions,
    menu=[
        MenuEntry(place=150, code="menu.audit", page="audit", rule=permissions.SEE_AUDIT),
    ],
)
