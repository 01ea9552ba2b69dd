"""What the door takes at once: how many connections and how much of bodies, in all and from one address; how many
requests may wait for the office, more of those that send what somebody has written.
"""

import ipaddress
from dataclasses import dataclass, field
from http import HTTPStatus

from hadir.clock import SystemClock
from hadir.gate.wire import Request, Wire
from hadir.retry import RetrySchedule

CONNECTIONS_MAX = 8_192
#: Of request bodies that have not been answered yet.
BODIES_BYTES_MAX = 268_435_456
#: An IPv6 subscriber has a whole network: it counts as one address.
_IPV6_NETWORK_BITS = 64
#: So many requests may wait for the office at once, and so many more of those that send something. Others are asked to
#: come back: taps share this loop with five thousand log-ins (decision 0032).
OFFICE_AT_ONCE_MAX = 32
OFFICE_SENDING_MAX = 32
#: What the office is taken to need for one of them, to say when the others may come back.
OFFICE_TURN_MS = 40
#: How long the office's own word that there is no place on a page is repeated, without asking it.
OFFICE_FULL_MS = 250


@dataclass
class _OfAddress:
    """The connections of one address, the oldest first."""

    connections: dict[Wire, int] = field(default_factory=dict)
    bytes_kept: int = 0


class LoadShedder:
    """One address may take half of what there is: a whole office may share one, and others need room too. When the
    limit is reached, the oldest connection that waits for no answer is closed for the new one: heads that never end
    push out one another, and an idle connection can be opened again.
    """

    def __init__(self, connections_max: int = CONNECTIONS_MAX, bytes_max: int = BODIES_BYTES_MAX) -> None:
        self._connections_max, self._bytes_max = connections_max, bytes_max
        self._all: dict[Wire, str] = {}
        self._by_address: dict[str, _OfAddress] = {}
        self.bytes_kept = 0

    def __len__(self) -> int:
        return len(self._all)

    def enter(self, connection: Wire, address: str) -> bool:
        """False when no other connection may be closed for this one."""
        network = network_of(address)
        address_load = self._by_address.get(network, _OfAddress())
        if len(address_load.connections) >= self._connections_max // 2 and not self._shed(address_load.connections):
            return False
        if len(self._all) >= self._connections_max and not self._shed(self._all):
            return False
        self._by_address.setdefault(network, _OfAddress()).connections[connection] = 0
        self._all[connection] = network
        return True

    def leave(self, connection: Wire) -> None:
        network = self._all.get(connection)
        if network is None:
            return
        self.forget(connection)
        del self._all[connection]
        address_load = self._by_address[network]
        del address_load.connections[connection]
        if not address_load.connections:
            del self._by_address[network]

    def keep(self, connection: Wire, length: int) -> bool:
        """Whether so much more of its body may be kept; then it is counted until `forget`."""
        network = self._all.get(connection)
        if network is None:
            return False
        address_load = self._by_address[network]
        if address_load.bytes_kept + length > self._bytes_max // 2 or self.bytes_kept + length > self._bytes_max:
            return False
        address_load.connections[connection] += length
        address_load.bytes_kept += length
        self.bytes_kept += length
        return True

    def forget(self, connection: Wire, length: int | None = None) -> None:
        """So much of what it sent is no longer kept; all of it, without a length."""
        network = self._all.get(connection)
        if network is None:
            return
        address_load = self._by_address[network]
        held = address_load.connections[connection]
        forgotten = held if length is None else min(length, held)
        address_load.connections[connection] -= forgotten
        address_load.bytes_kept -= forgotten
        self.bytes_kept -= forgotten

    def _shed(self, connections: dict[Wire, int] | dict[Wire, str]) -> bool:
        connection = next((connection for connection in connections if connection.is_waiting), None)
        if connection is None:
            return False
        self.leave(connection)
        connection.drop()
        return True


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _IPV6_NETWORK_BITS), strict=False))


class ConcurrencyLimit:
    """`inside` counts the requests at the office; the door adds and subtracts."""

    def __init__(self) -> None:
        self.inside = 0
        self._retries, self._clock = RetrySchedule(), SystemClock()
        self._full_path, self._full_until_ms = "", 0

    def retry_after_s(self, path: str, *, sends: bool) -> int:
        """0 when there is a place, else in how many seconds to come back."""
        now_ms = self._clock.mono_ms()
        is_full = not sends and path == self._full_path and now_ms < self._full_until_ms
        if not is_full and self.inside < OFFICE_AT_ONCE_MAX + (OFFICE_SENDING_MAX if sends else 0):
            return 0
        return self._retries.retry_after_s(now_ms, OFFICE_TURN_MS)

    def observe(self, request: Request, office_status: int) -> None:
        """The office itself has no place on that page: for a moment nobody else needs to ask it.

        An office that did not answer one request says nothing of the next, and is not learnt from.
        """
        if request.method != "POST" and office_status == HTTPStatus.SERVICE_UNAVAILABLE:
            self._full_path, self._full_until_ms = request.path, self._clock.mono_ms() + OFFICE_FULL_MS
