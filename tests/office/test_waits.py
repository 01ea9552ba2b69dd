"""Who waits at the log-in: guessers, and never for ever whoever is guessed about. The table of docs/threats.md.

Time is passed in milliseconds; a stranger is an address, an official has a browser that the account knows, or none.
"""

from collections.abc import Callable

import pytest
from django.test import Client

from hadir.office.accounts import throttle
from hadir.office.accounts.models import TryCount, User
from hadir.office.accounts.throttle import (
    ACCOUNT,
    ADDRESS,
    ADDRESS_PAUSE_MS,
    BROWSER,
    PAIR,
    SLOW_LANE_MS,
    WAIT_MS_MAX,
    _home,
    wait_ms,
)
from tests.office.conftest import at
from tests.office.test_accounts import log_in, try_once

pytestmark = pytest.mark.django_db
MORNING = at(7, 0)


def guess(login: str, times: int, now_ms: int, *, addresses: int = 1, every_ms: int = 1) -> int:
    """Wrong passwords from so many addresses in turn; the moment after the last."""
    for number in range(times):
        try_once(login, "x", now_ms + number * every_ms, address=f"203.0.{number % addresses}.9")
    return now_ms + times * every_ms


def under_attack(login: str) -> int:
    """So many guesses from everywhere that the account is in its slow lane; the moment after the last."""
    return guess(login, ACCOUNT.free + 5, MORNING, addresses=ACCOUNT.free + 5)


def test_five_failures_from_one_place_are_free_and_the_sixth_try_waits() -> None:
    for number in range(PAIR.free):
        assert try_once("wati", "x", MORNING + number).wait_ms == 0
    assert try_once("wati", "latihan-wati", MORNING + 10).wait_ms > 0
    assert try_once("wati", "latihan-wati", MORNING + WAIT_MS_MAX + 10).user is not None


def test_a_stranger_who_guesses_twice_a_minute_all_day_keeps_nobody_out() -> None:
    """As it was seen: two wrong log-ins a minute kept a named account at 429, from any address."""
    now_ms = guess("rina", 120, MORNING, every_ms=30_000)
    assert try_once("rina", "latihan-rina", now_ms, browser="her own").user is not None, "at once, in her browser"
    told = try_once("rina", "latihan-rina", now_ms, address="10.0.0.7")
    assert told.wait_ms <= SLOW_LANE_MS
    assert try_once("rina", "latihan-rina", now_ms + told.wait_ms, address="10.0.0.7").user is not None


def test_an_account_attacked_from_everywhere_lets_its_owner_in_from_a_new_place_after_one_wait() -> None:
    now_ms = under_attack("rina")
    told = try_once("rina", "latihan-rina", now_ms, address="10.0.0.7")
    assert told.wait_ms == SLOW_LANE_MS
    assert try_once("rina", "latihan-rina", now_ms + 5_000, address="10.0.0.7").wait_ms == SLOW_LANE_MS - 5_000
    guess("rina", 40, now_ms + 6_000, addresses=40)  # the attack goes on
    assert try_once("rina", "latihan-rina", now_ms + SLOW_LANE_MS, address="10.0.0.7").user is not None


def test_a_guesser_of_an_attacked_account_waits_again_before_each_guess() -> None:
    now_ms = under_attack("rina")
    try_once("rina", "x", now_ms, address="198.51.100.1")
    assert try_once("rina", "x", now_ms + SLOW_LANE_MS, address="198.51.100.1").wait_ms == 0
    assert try_once("rina", "x", now_ms + SLOW_LANE_MS + 1, address="198.51.100.1").wait_ms > 0


def test_a_known_browser_is_slowed_by_its_own_failures_only_and_then_like_any_other() -> None:
    for number in range(BROWSER.free):
        assert try_once("rina", "x", MORNING + number, browser="her own").wait_ms == 0
    assert not TryCount.objects.exclude(key__startswith="browser:").exists(), "her typing errors are nobody else's"
    for number in range(PAIR.free):
        assert try_once("rina", "x", MORNING + 100 + number, browser="her own").wait_ms == 0
    assert try_once("rina", "x", MORNING + 200, browser="her own").wait_ms > 0


def test_ones_own_success_does_not_pay_for_guesses_at_others() -> None:
    """As it was seen: one's own log-in between guesses cleared the address's count."""
    now_ms = MORNING
    for number in range(ADDRESS.free):
        try_once(f"nama-{number}", "x", now_ms)
        assert try_once("tono", "latihan-tono", now_ms).user or number >= ADDRESS.free - 1
    assert try_once("hasan", "x", now_ms + 1).wait_ms > 0


def test_an_office_behind_one_address_mistypes_for_an_hour_and_goes_on() -> None:
    """Two hundred officials, every fourth mistypes once: none of them waits."""
    for number in range(200):
        now_ms = MORNING + number * 18_000
        if number % 4 == 0:
            assert try_once(f"nama-{number}", "x", now_ms).wait_ms == 0
        assert try_once("hasan", "latihan-hasan", now_ms + 5).user is not None


def test_an_address_that_sprays_is_looked_at_once_in_two_seconds_and_others_are_not_slowed() -> None:
    for number in range(ADDRESS.free):
        try_once(f"nama-{number}", "x", MORNING)
    assert 0 < try_once("hasan", "latihan-hasan", MORNING + 1).wait_ms <= ADDRESS_PAUSE_MS
    assert try_once("hasan", "latihan-hasan", MORNING + 1, address="10.0.0.2").user is not None
    assert try_once("budi", "latihan-budi", MORNING + 1, browser="his own").user is not None
    assert try_once("hasan", "latihan-hasan", MORNING + ADDRESS_PAUSE_MS).user is not None


def test_whoever_has_a_whole_network_of_the_new_protocol_has_one_address() -> None:
    assert _home("2001:db8:1:2:3::4") == _home("2001:db8:1:2::1") != _home("2001:db8:1:3::1")
    assert _home("::ffff:10.0.0.1") == "10.0.0.1"


def test_an_unknown_name_is_slowed_like_a_known_one() -> None:
    for login in ("hantu", "wati"):
        waits = [try_once(login, "x", MORNING + number, address=f"of {login}").wait_ms for number in range(8)]
        assert waits == [0, 0, 0, 0, 0, *waits[5:]]
        assert min(waits[5:]) > 0


def test_nobody_is_ever_told_to_wait_longer_than_half_a_minute() -> None:
    assert max(wait_ms(level, 0, 0) for level in range(10_000)) == WAIT_MS_MAX
    assert max(SLOW_LANE_MS, ADDRESS_PAUSE_MS, throttle.CODE_PAUSE_MS) <= WAIT_MS_MAX


def test_trying_while_waiting_does_not_lengthen_the_wait() -> None:
    for _ in range(PAIR.free):
        try_once("wati", "x", MORNING)
    before = set(TryCount.objects.values_list("key", "forgotten_ms"))
    for number in range(20):
        try_once("wati", "x", MORNING + number)
    assert set(TryCount.objects.values_list("key", "forgotten_ms")) == before


def test_failures_are_forgotten_one_after_another_and_a_long_attack_within_hours() -> None:
    long_ms = 0
    for number in range(10_000):
        long_ms = PAIR.add(long_ms, MORNING + number)
    assert PAIR.level(long_ms, MORNING + 10_000) <= 4 * PAIR.free
    assert PAIR.level(PAIR.add(0, MORNING), MORNING) == 1
    assert PAIR.level(PAIR.add(0, MORNING), MORNING + PAIR.forget_ms) == 0


def test_what_is_counted_has_an_end_and_holds_neither_names_nor_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "ROWS_MAX", 20)
    for number in range(30):
        try_once(f"rahasia-{number}", "x", MORNING + number, address=f"10.1.{number}.1")
    assert TryCount.objects.count() <= 20 + 3
    told = " ".join(TryCount.objects.values_list("key", flat=True))
    assert "rahasia" not in told
    assert "10.1" not in told


def test_a_browser_is_known_after_a_log_in_and_only_for_its_account(
    client: Client, context: object, clock: Callable[[int], None]
) -> None:
    assert log_in(client, "wati", "latihan-wati") == 302
    wati, hasan = User.objects.get(login="wati"), User.objects.get(login="hasan")
    cookie = client.cookies[f"hadir_kenal_{wati.pk}"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    client.post("/kantor/keluar/")
    for number in range(PAIR.free + 1):
        try_once("wati", "x", at(8, 12) - 9 + number, address="127.0.0.1")
    assert log_in(Client(), "wati", "latihan-wati") == 429, "a strange browser at that address"
    assert log_in(client, "wati", "latihan-wati") == 302
    client.post("/kantor/keluar/")
    client.cookies[f"hadir_kenal_{hasan.pk}"] = cookie.value
    for number in range(PAIR.free + 1):
        try_once("hasan", "x", at(8, 12) - 9 + number, address="127.0.0.1")
    assert log_in(client, "hasan", "latihan-hasan") == 429, "a cookie of another account says nothing"


def test_the_answer_says_when_to_come_back(client: Client, context: object) -> None:
    for _ in range(PAIR.free):
        log_in(client, "wati", "x")
    answer = client.post("/kantor/masuk/", {"login": "wati", "password": "latihan-wati"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1
    assert "belum diperiksa" in answer.content.decode()
