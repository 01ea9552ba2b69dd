"""Many log in at once: one after another, in the order they came, and whoever finds no place is told when to come."""

import threading
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client, override_settings

from hadir.office.accounts import views
from hadir.office.accounts.hashers import PasswordHasher
from hadir.office.accounts.models import User
from hadir.office.accounts.turns import PLACES, BusyError, Turns
from hadir.retry import RETRY_SECONDS_MAX, RETRY_SECONDS_MIN, RetrySchedule

pytestmark = pytest.mark.django_db


class Crowd:
    """People whose turn lasts until they are let go."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.served = turns, list[int]()
        self._let_go = threading.Event()
        self._threads: list[threading.Thread] = []

    def join(self, number: int) -> None:
        """The next one stands in the retries when this returns."""
        self._threads.append(threading.Thread(target=self._stand, args=(number,)))
        self._threads[-1].start()
        while len(self.turns._waiting) <= number:
            time.sleep(0.001)

    def _stand(self, number: int) -> None:
        with self.turns.turn():
            self._let_go.wait(10)
            self.served.append(number)

    def go(self) -> None:
        self._let_go.set()
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Crowd]:
    """The office's own retries with so many people in it."""

    def of(count: int) -> Crowd:
        crowd = Crowd(Turns(lambda: 0))
        monkeypatch.setattr(views, "_TURNS", crowd.turns)
        for number in range(count):
            crowd.join(number)
        return crowd

    return of


def test_log_ins_are_looked_at_one_at_a_time_in_the_order_they_came(full: Callable[[int], Crowd]) -> None:
    crowd = full(PLACES)
    crowd.go()
    assert crowd.served == list(range(PLACES))


def test_whoever_finds_the_row_full_is_told_when_to_come(full: Callable[[int], Crowd], client: Client) -> None:
    crowd = full(PLACES)
    answer = client.post("/kantor/masuk/", {"login": "wati", "password": "latihan-wati", "next": "/kantor/tugas/"})
    crowd.go()
    page, seconds = answer.content.decode(), answer["Retry-After"]
    assert answer.status_code == 503
    assert RETRY_SECONDS_MIN <= int(seconds) <= RETRY_SECONDS_MAX
    assert f"Kata sandi Anda belum diperiksa. Giliran Anda dalam {seconds} detik" in page
    assert f'content="{seconds};url=/kantor/masuk/?next=%2Fkantor%2Ftugas%2F"' in page
    assert client.post("/kantor/masuk/", {"login": "wati", "password": "latihan-wati"}).status_code == 302


def test_the_form_is_handed_out_only_while_there_is_hope(full: Callable[[int], Crowd], client: Client) -> None:
    crowd = full(PLACES // 2)
    client.cookies["hadir_bahasa"] = "en"
    answer = client.get("/kantor/masuk/")
    crowd.go()
    assert answer.status_code == 503
    assert "this page opens the form by itself" in answer.content.decode()
    assert client.get("/kantor/masuk/").status_code == 200


def test_a_failure_within_a_turn_ends_it() -> None:
    turns = Turns(lambda: 0, places=1)
    with pytest.raises(ValueError, match="somebody"), turns.turn():
        raise ValueError("somebody")
    with turns.turn(), pytest.raises(BusyError), turns.turn():
        pass


def test_each_is_asked_to_come_back_behind_those_before_him() -> None:
    retries = RetrySchedule(draw=lambda low, _: low)
    assert [retries.retry_after_s(0, 500) - RETRY_SECONDS_MIN for _ in range(6)] == [0, 1, 1, 2, 2, 3]
    assert retries.retry_after_s(60_000, 500) == RETRY_SECONDS_MIN
    assert max(retries.retry_after_s(60_000, 500) for _ in range(2_000)) <= RETRY_SECONDS_MAX


def test_a_password_kept_at_another_cost_is_kept_at_ours_after_a_log_in(client: Client, court: object) -> None:
    class Older(Argon2PasswordHasher):
        time_cost, memory_cost, parallelism = 1, 16, 2

    User.objects.filter(login="wati").update(password=Older().encode("latihan-wati", "garam-garam"))
    with override_settings(PASSWORD_HASHERS=["hadir.office.accounts.hashers.PasswordHasher"]):
        answer = client.post("/kantor/masuk/", {"login": "wati", "password": "latihan-wati"})
    assert answer.status_code == 302
    assert "$m=19456,t=2,p=1$" in User.objects.get(login="wati").password
    assert not PasswordHasher().must_update(User.objects.get(login="wati").password)
