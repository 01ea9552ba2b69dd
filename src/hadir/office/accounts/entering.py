"""Into the office in two steps: a name and a password, then what somebody has, where the account asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from django.contrib.auth.hashers import check_password, make_password

from hadir.office.accounts import throttle
from hadir.office.accounts.actions import keep_anew
from hadir.office.accounts.factors import take_code, take_key
from hadir.office.accounts.models import User
from hadir.office.accounts.security_keys import KeyAnswerError, read_key
from hadir.office.accounts.tries import Try, note_failure, note_success, wait_of
from hadir.office.ground.act_error import ActError
from hadir.office.page.requests import OfficeRequest


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """Either a user, or how long to wait, or neither: name and password do not belong together.

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


@dataclass(frozen=True, slots=True)
class FactorAnswer:
    is_good: bool = False
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody shows beside the password: a code, or a key's answer. `code_ms` is the time that apps go by."""

    code: str
    key_answer: str
    code_ms: int


def check_factor(request: OfficeRequest, user: User, *, one: Try, shown: Shown) -> FactorAnswer:
    """A key's answer, or a code. Nobody guesses a key's signature, so only codes make anybody wait."""
    now_ms = request.now_ms
    if shown.key_answer:
        return FactorAnswer(is_good=_check_key(request, user, shown.key_answer))
    one = replace(one, account=f"code of {user.pk}", limit=throttle.CODE)
    if waiting := wait_of(one, now_ms):
        return FactorAnswer(wait_ms=waiting)
    if shown.code.strip() and take_code(user=user, code=shown.code, code_ms=shown.code_ms, at_ms=now_ms):
        note_success(one)
        return FactorAnswer(is_good=True)
    note_failure(one, now_ms)
    return FactorAnswer()


def _check_key(request: OfficeRequest, user: User, answer: str) -> bool:
    try:
        row, uses = read_key(request, user, answer)
        take_key(row=row, uses=uses, at_ms=request.now_ms)
    except (KeyAnswerError, ActError):
        return False
    return True
