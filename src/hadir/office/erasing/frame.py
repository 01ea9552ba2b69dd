from hadir.office.erasing import permissions
from hadir.office.page.registry import MenuEntry, register

register(
    "erasing",
    permissions,
    menu=[
        MenuEntry(place=170, code="menu.erasures", page="erasures", rule=permissions.SEE_ERASURES),
    ],
)
