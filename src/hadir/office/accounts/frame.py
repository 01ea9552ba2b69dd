from hadir.office import roles
from hadir.office.accounts.factors import resets_to_answer
from hadir.office.ground.installation import HERE
from hadir.office.page.registry import InboxList, MenuEntry, register

register(
    "accounts",
    roles,
    menu=[
        MenuEntry(place=130, code="menu.accounts", page="accounts", rule=roles.SEE_ACCOUNT),
    ],
    inbox=[
        InboxList(
            place=20,
            template="accounts/_resets.html",
            gather=lambda actor, now_ms: {"resets": resets_to_answer(actor, HERE.day_at(now_ms))},
        ),
    ],
)
