"""Into the office in two steps: a name and a password, then what somebody has, where the account asks for it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.contrib.auth.hashers import check_password, make_password

from hadir.clock import SystemClock
from hadir.office.accounts import throttle
from hadir.office.accounts.actions import keep_anew
from hadir.office.accounts.factors import take_code, take_key
from hadir.office.accounts.log_ins import note_bad
from hadir.office.accounts.models import LogInOutcome, User
from hadir.office.accounts.security_keys import KeyAnswerError, read_key
from hadir.office.accounts.sessions import known_browser
from hadir.office.accounts.throttle import Try, note_failure, note_success, wait_of
from hadir.office.ground.act_error import ActError
from hadir.office.page.requests import OfficeRequest, caller_address


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """Either a user, or how long to wait, or neither: what was shown does not belong to the name.

    `named` is the account that was tried, whatever came of it.
    """

    user: User | None = None
    wait_ms: int = 0
    named: User | None = None


def check_login(
    *, login: str, password: str, address: str, now_ms: int, browser_of: Callable[[User | None], str | None]
) -> LoginAnswer:
    """Compare a name and a password. An unknown name takes as long as a wrong password.

    `browser_of` says by which name the account knows this browser, if it does.
    """
    user = User.objects.select_related("person").filter(login=login, is_active=True).first()
    one = Try(account=f"name {login[:60].casefold()}", address=address, browser=browser_of(user))
    if waiting := wait_of(one, now_ms):
        return LoginAnswer(wait_ms=waiting, named=user)
    if user is None:
        make_password(password)
    elif check_password(password, user.password, partial(keep_anew, user, now_ms)):
        note_success(one)
        return LoginAnswer(user=user, named=user)
    note_failure(one, now_ms)
    return LoginAnswer(named=user)


def check_factor(request: OfficeRequest, user: User, *, code_field: str, key_field: str) -> LoginAnswer:
    """What the fields of these names hold: a key's answer, or a code. Nobody guesses a key's signature, so only
    codes make anybody wait. Apps go by the machine's time, also in a rehearsal that lives by another.
    """
    now_ms, code, key = request.now_ms, request.POST.get(code_field, ""), request.POST.get(key_field, "")
    address, browser = caller_address(request), known_browser(request, user)
    one = Try(account=f"code of {user.pk}", address=address, browser=browser, limit=throttle.CODE)
    if key:
        is_good = _check_key(request, user, key)
    elif waiting := wait_of(one, now_ms):
        return LoginAnswer(wait_ms=waiting)
    elif code.strip() and take_code(user=user, code=code, code_ms=SystemClock().now_ms(), at_ms=now_ms):
        note_success(one)
        is_good = True
    else:
        note_failure(one, now_ms)
        is_good = False
    if not is_good:
        note_bad(request, user, LogInOutcome.FACTOR)
    return LoginAnswer(user=user if is_good else None)


def _check_key(request: OfficeRequest, user: User, answer: str) -> bool:
    try:
        row, uses = read_key(request, user, answer)
        take_key(row=row, uses=uses, at_ms=request.now_ms)
    except (KeyAnswerError, ActError):
        return False
    return True
