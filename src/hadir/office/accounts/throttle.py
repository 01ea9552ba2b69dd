"""Who waits at a log-in after failures, and how long. Nobody is locked out: each wait is short, and no stranger makes
it for ever.

Four counts, each of which forgets one failure after another (docs/threats.md, "Who waits at the log-in"):

1. A browser that the account knows: its own count alone. Nothing that others do at other places slows it.
2. The account from this address: a few are free, then one try after a growing wait.
3. The account from everywhere: over its limit, each address is told to wait once before a try of its is looked at.
4. The address, for all accounts: an office shares one, so its limit is wide; over it, one try every few seconds.
"""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from django.db import transaction
from django.utils.crypto import salted_hmac

from hadir.office.accounts.models import TryCount
from hadir.records.encoding import b64url

_FIRST_WAIT_MS = 1_000
WAIT_MS_MAX = 30_000
_DOUBLINGS_MAX = 10
ROWS_MAX = 50_000
_DIGEST_BYTES = 16
_IPV6_HOME_BITS = 64
"""A household or an office has as many addresses of IPv6 as it likes, all with the same first half."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures are free, and each is forgotten after so long."""

    free: int
    forget_ms: int

    def level(self, forgotten_ms: int, now_ms: int) -> int:
        """Failures that count now."""
        return max(0, -(-(forgotten_ms - now_ms) // self.forget_ms))

    def add(self, forgotten_ms: int, now_ms: int) -> int:
        """When all will be forgotten, with one more. It has an end: a long attack is not remembered for days."""
        most = now_ms + self.forget_ms * self.free * 4
        return min(max(forgotten_ms, now_ms) + self.forget_ms, most)

    def is_over(self, forgotten_ms: int, now_ms: int) -> bool:
        return self.level(forgotten_ms, now_ms) >= self.free


BROWSER = Limit(free=10, forget_ms=6 * 60_000)
PAIR = Limit(free=5, forget_ms=12 * 60_000)
ACCOUNT = Limit(free=30, forget_ms=2 * 60_000)
ADDRESS = Limit(free=60, forget_ms=30_000)
CODE = Limit(free=20, forget_ms=3 * 60_000)
"""Wrong codes after a right password, from browsers that the account does not know."""
CONFIRM = Limit(free=10, forget_ms=6 * 60_000)
"""Wrong confirmations of a session; then it ends."""

SLOW_LANE_MS = 20_000
"""What a browser that is new to an attacked account waits, once."""
SLOW_LANE_KEPT_MS = 600_000
ADDRESS_PAUSE_MS = 2_000
CODE_PAUSE_MS = 30_000


def wait_ms(level: int, last_ms: int, now_ms: int) -> int:
    """Milliseconds until the next try of an account from an address: from one second up to thirty."""
    if level < PAIR.free or now_ms < last_ms:
        return 0
    full_ms = min(_FIRST_WAIT_MS << min(level - PAIR.free, _DOUBLINGS_MAX), WAIT_MS_MAX)
    return max(0, last_ms + full_ms - now_ms)


# --- counting ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Try:
    """One try: for which account or code, from where, and from which browser that the account knows, if any."""

    account: str
    address: str
    browser: str | None = None
    limit: Limit = ACCOUNT

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
    if pair and (waits := wait_ms(PAIR.level(pair.forgotten_ms, now_ms), pair.last_ms, now_ms)):
        return waits
    if address and ADDRESS.is_over(address.forgotten_ms, now_ms):
        waits = address.last_ms + ADDRESS_PAUSE_MS - now_ms
        if 0 < waits <= ADDRESS_PAUSE_MS:
            return waits
    if account is None or not one.limit.is_over(account.forgotten_ms, now_ms):
        return 0
    if one.limit is CODE:
        waits = account.last_ms + CODE_PAUSE_MS - now_ms
        return waits if 0 < waits <= CODE_PAUSE_MS else 0
    return _slow_lane(one, pair, now_ms)


def is_known(one: Try, rows: dict[str, TryCount], now_ms: int) -> bool:
    """A browser from which nobody has failed too often lately."""
    if one.browser is None:
        return False
    row = rows.get(one.browser_key)
    return row is None or not BROWSER.is_over(row.forgotten_ms, now_ms)


def _slow_lane(one: Try, pair: TryCount | None, now_ms: int) -> int:
    """The first time one is told to come back; whoever does is looked at, whatever others do meanwhile."""
    waited = now_ms - pair.asked_ms if pair and pair.asked_ms else -1
    if SLOW_LANE_MS <= waited < SLOW_LANE_KEPT_MS:
        return 0
    if 0 <= waited < SLOW_LANE_MS:
        return SLOW_LANE_MS - waited
    TryCount.objects.update_or_create(
        key=one.pair_key,
        defaults={"asked_ms": now_ms},
        create_defaults={"asked_ms": now_ms, "last_ms": 0, "forgotten_ms": now_ms},
    )
    return SLOW_LANE_MS


@transaction.atomic
def note_failure(one: Try, now_ms: int) -> None:
    """Count it: against the browser if the account knows it, else against account, address and both together."""
    _forget(now_ms)
    rows = TryCount.objects.in_bulk([one.browser_key])
    if is_known(one, rows, now_ms):
        _count(one.browser_key, BROWSER, now_ms)
        return
    _count(one.pair_key, PAIR, now_ms, asked_ms=now_ms)
    _count(one.account_key, one.limit, now_ms)
    _count(one.address_key, ADDRESS, now_ms)


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
    TryCount.objects.filter(forgotten_ms__lt=now_ms - SLOW_LANE_KEPT_MS).delete()
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
