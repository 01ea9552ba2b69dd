"""What the frame shows of this app."""

from hadir.office.home import permissions
from hadir.office.page.registry import MenuEntry, register

register(
    "home",
    permissions,
    menu=[
        MenuEntry(place=10, code="menu.tasks", page="tasks", rule=permissions.SEE_TASKS),
    ],
)
