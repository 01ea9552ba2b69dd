"""What the frame shows of this app."""

from hadir.office.month_pages.waiting import reopenings_to_answer
from hadir.office.months import permissions
from hadir.office.months.editions import editions_to_accept
from hadir.office.page.registry import InboxList, MenuEntry, register

register(
    "months",
    permissions,
    menu=[
        MenuEntry(place=30, code="menu.months", page="months-home", rule=permissions.SEE_MONTH),
        MenuEntry(place=75, code="menu.edition", page="edition", rule=permissions.SEE_EDITION),
    ],
    inbox=[
        InboxList(
            place=60,
            template="months/_asked.html",
            gather=lambda actor, _: {"reopenings": list(reopenings_to_answer(actor))},
            rows=lambda actor, _: reopenings_to_answer(actor),
        ),
        InboxList(
            place=62,
            template="months/_edition.html",
            gather=lambda actor, _: {"editions": list(editions_to_accept(actor).select_related("asked_by"))},
            rows=lambda actor, _: editions_to_accept(actor),
        ),
    ],
)
