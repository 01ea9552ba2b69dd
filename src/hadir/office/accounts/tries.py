"""Who has to wait before a password or a code is looked at, and what failures are counted where."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from django.db import transaction
from django.utils.crypto import salted_hmac

from hadir.office.accounts import throttle
from hadir.office.accounts.models import TryCount
from hadir.office.accounts.throttle import Limit
from hadir.records.encoding import b64url

ROWS_MAX = 50_000
_DIGEST_BYTES = 16
_IPV6_HOME_BITS = 64
"""A household or an office has as many addresses of IPv6 as it likes, all with the same first half."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try: for which account or code, from where, and from which browser that the account knows, if any."""

    account: str
    address: str
    browser: str | None = None
    limit: Limit = throttle.ACCOUNT

    @property
    def browser_key(self) -> str:
        return _key("browser", self.browser or "")

    @property
    def pair_key(self) -> str:
        return _key("pair", f"{self.account} {_home(self.address)}")

    @property
    def account_key(self) -> str:
        return _key("account", self.account)

    @property
    def address_key(self) -> str:
        return _key("address", _home(self.address))


def wait_of(one: Try, now_ms: int) -> int:
    """Milliseconds until this try will be looked at; 0 for now. It may note that somebody waits."""
    keys = [one.pair_key, one.account_key, one.address_key, one.browser_key]
    rows = TryCount.objects.in_bulk(keys)
    if is_known(one, rows, now_ms):
        return 0
    pair, account, address = (rows.get(key) for key in keys[:3])
    if pair and (waits := throttle.wait_ms(throttle.PAIR.level(pair.forgotten_ms, now_ms), pair.last_ms, now_ms)):
        return waits
    if address and throttle.ADDRESS.is_over(address.forgotten_ms, now_ms):
        waits = address.last_ms + throttle.ADDRESS_PAUSE_MS - now_ms
        if 0 < waits <= throttle.ADDRESS_PAUSE_MS:
            return waits
    if account is None or not one.limit.is_over(account.forgotten_ms, now_ms):
        return 0
    if one.limit is throttle.CODE:
        waits = account.last_ms + throttle.CODE_PAUSE_MS - now_ms
        return waits if 0 < waits <= throttle.CODE_PAUSE_MS else 0
    return _slow_lane(one, pair, now_ms)


def is_known(one: Try, rows: dict[str, TryCount], now_ms: int) -> bool:
    """A browser from which nobody has failed too often lately."""
    if one.browser is None:
        return False
    row = rows.get(one.browser_key)
    return row is None or not throttle.BROWSER.is_over(row.forgotten_ms, now_ms)


def _slow_lane(one: Try, pair: TryCount | None, now_ms: int) -> int:
    """The first time one is told to come back; whoever does is looked at, whatever others do meanwhile."""
    waited = now_ms - pair.asked_ms if pair and pair.asked_ms else -1
    if throttle.SLOW_LANE_MS <= waited < throttle.SLOW_LANE_KEPT_MS:
        return 0
    if 0 <= waited < throttle.SLOW_LANE_MS:
        return throttle.SLOW_LANE_MS - waited
    TryCount.objects.update_or_create(
        key=one.pair_key,
        defaults={"asked_ms": now_ms},
        create_defaults={"asked_ms": now_ms, "last_ms": 0, "forgotten_ms": now_ms},
    )
    return throttle.SLOW_LANE_MS


@transaction.atomic
def note_failure(one: Try, now_ms: int) -> None:
    """Count it: against the browser if the account knows it, else against account, address and both together."""
    _forget(now_ms)
    rows = TryCount.objects.in_bulk([one.browser_key])
    if is_known(one, rows, now_ms):
        _count(one.browser_key, throttle.BROWSER, now_ms)
        return
    _count(one.pair_key, throttle.PAIR, now_ms, asked_ms=now_ms)
    _count(one.account_key, one.limit, now_ms)
    _count(one.address_key, throttle.ADDRESS, now_ms)


def note_success(one: Try) -> None:
    """Forget what this account failed from here. What others failed from this address, or for this account, stays."""
    keys = [one.pair_key] + ([one.browser_key] if one.browser is not None else [])
    if TryCount.objects.filter(key__in=keys).exists():  # a write waits for the follower's, and the next log-in for both
        TryCount.objects.filter(key__in=keys).delete()


@transaction.atomic
def count(key: str, limit: Limit, now_ms: int) -> int:
    """One more failure of anything else that is limited: how many count now."""
    return limit.level(_count(_key("other", key), limit, now_ms), now_ms)


def _count(key: str, limit: Limit, now_ms: int, *, asked_ms: int | None = None) -> int:
    rows = TryCount.objects.select_for_update()
    row, _ = rows.get_or_create(key=key, defaults={"forgotten_ms": 0, "last_ms": 0})
    row.forgotten_ms = limit.add(row.forgotten_ms, now_ms)
    row.last_ms = now_ms
    row.asked_ms = row.asked_ms if asked_ms is None else asked_ms
    row.save()
    return row.forgotten_ms


def _forget(now_ms: int) -> None:
    """What is forgotten anyway; and the oldest, when there are more than anybody honest makes."""
    TryCount.objects.filter(forgotten_ms__lt=now_ms - throttle.SLOW_LANE_KEPT_MS).delete()
    too_many = TryCount.objects.count() - ROWS_MAX
    if too_many > 0:
        oldest = TryCount.objects.order_by("forgotten_ms").values_list("key", flat=True)[:too_many]
        TryCount.objects.filter(key__in=list(oldest)).delete()


def _key(what: str, value: str) -> str:
    digest = salted_hmac("hadir.office.accounts.tries", value, algorithm="sha256").digest()
    return f"{what}:{b64url(digest[:_DIGEST_BYTES])}"


def _home(address: str) -> str:
    """The address, or the half of it that a household or office keeps."""
    try:
        long = IPv6Address(address.partition("%")[0])
    except AddressValueError:
        return address[:60]
    if long.ipv4_mapped is not None:
        return str(IPv4Address(long.ipv4_mapped))
    return str(IPv6Address(int(long) >> _IPV6_HOME_BITS << _IPV6_HOME_BITS))
