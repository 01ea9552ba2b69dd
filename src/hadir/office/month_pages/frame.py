"""What the frame shows of this app."""

from hadir.office.month_pages.waiting import reopenings_to_answer
from hadir.office.months import permissions
from hadir.office.page.registry import InboxList, MenuEntry, register

register(
    "months",
    permissions,
    menu=[
        MenuEntry(place=30, code="menu.months", page="months-home", rule=permissions.SEE_MONTH),
    ],
    inbox=[
        InboxList(
            place=60,
            template="months/_asked.html",
            gather=lambda actor, _: {"reopenings": list(reopenings_to_answer(actor))},
            rows=lambda actor, _: reopenings_to_answer(actor),
        ),
    ],
)
