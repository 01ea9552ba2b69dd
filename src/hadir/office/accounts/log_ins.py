"""Log-ins, good and bad, as records with their address and time.

A good one is a record at once. Of the others those of one account, from one address, within a minute are counted
together, and become one record when the minute is over; so a stranger who guesses fills no journal. Whoever typed a
name that is none typed perhaps a password: such tries are counted, and what was typed is kept nowhere.
"""

from django.db import transaction
from django.db.models import F

from hadir.office.accounts.models import LogIn, LogInOutcome, User
from hadir.office.accounts.sessions import browser_words
from hadir.office.acts.actions import write_decision
from hadir.office.acts.queries import reason_of
from hadir.office.page.requests import OfficeRequest, caller_address
from hadir.office.roles import ActBy

NOBODY_KNOWN = 0
"""Who failed to log in is not known: no person has this number."""
MINUTE_MS = 60_000
HALF_MS_MAX = 300_000
"""How long a right password waits for its factor."""
ADDRESSES_MAX = 20
"""Of one account in a minute; further ones are counted together, without their addresses."""
SETTLED_AT_ONCE = 500


def note_good(request: OfficeRequest, user: User) -> None:
    """In the transaction that begins the session."""
    record = write_decision(
        by=ActBy.of(user.person_id, request.now_ms, caller_address(request)[:60]),
        act="login.good",
        about=f"account/{user.pk}",
        person=user.person_id,
    )
    LogIn.objects.create(
        user=user, at_ms=request.now_ms, outcome=LogInOutcome.GOOD, browser=browser_words(request), record=record
    )


@transaction.atomic
def note_bad(request: OfficeRequest, user: User | None, outcome: LogInOutcome) -> int:
    """Count it. Returns the number of the row that counts it."""
    address = caller_address(request)[:60]
    since_ms = request.now_ms - MINUTE_MS
    minute = LogIn.objects.filter(user=user, outcome=outcome, record=None, at_ms__gt=since_ms)
    row = minute.filter(address=address).first()
    if row is None and minute.count() >= ADDRESSES_MAX:
        address, row = "", minute.filter(address="").first()
    if row is not None:
        LogIn.objects.filter(pk=row.pk).update(times=F("times") + 1)
        return row.pk
    return LogIn.objects.create(
        user=user, at_ms=request.now_ms, outcome=outcome, address=address, browser=browser_words(request)
    ).pk


@transaction.atomic
def note_whole(number: int) -> None:
    """The factor came after all: this password was its owner's."""
    row = LogIn.objects.filter(pk=number, outcome=LogInOutcome.HALF, record=None).first()
    if row is not None and row.times > 1:
        LogIn.objects.filter(pk=number).update(times=F("times") - 1)
    elif row is not None:
        row.delete()


def settle(now_ms: int) -> int:
    """Make records of what was counted in minutes that are over. Returns how many."""
    over = LogIn.objects.filter(record=None, at_ms__lte=now_ms - MINUTE_MS).exclude(
        outcome=LogInOutcome.HALF, at_ms__gt=now_ms - HALF_MS_MAX
    )
    rows = list(over.select_related("user").order_by("pk")[:SETTLED_AT_ONCE])
    if rows:
        with transaction.atomic():
            for row in rows:
                row.record = write_decision(
                    by=ActBy.of(NOBODY_KNOWN, row.at_ms, row.address),
                    act="login.bad",
                    about="account/none" if row.user is None else f"account/{row.user.pk}",
                    person=None if row.user is None else row.user.person_id,
                    after=f"{row.outcome} {row.times}",
                )
                row.address = ""
                row.save(update_fields=["record", "address"])
    return len(rows)


def address_of(row: LogIn) -> str:
    """Where it came from; empty where that was not kept, or was erased."""
    return row.address if row.record is None else reason_of(row.record) or ""
