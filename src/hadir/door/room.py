"""How many connections and how much of bodies the door holds, in all and from one address."""

import ipaddress
from dataclasses import dataclass, field
from typing import Protocol

CONNECTIONS_MAX = 8_192
#: Of request bodies that have not been answered yet.
BODIES_BYTES_MAX = 268_435_456
#: An IPv6 subscriber has a whole network: it counts as one address.
_IPV6_NETWORK_BITS = 64


class Guest(Protocol):
    """A connection."""

    @property
    def is_waiting(self) -> bool:
        """Whether it has nothing that must be answered."""

    def drop(self) -> None:
        """Close it at once."""


@dataclass
class _Crowd:
    """Everybody from one address, whoever came first in front."""

    guests: dict[Guest, int] = field(default_factory=dict)
    bytes_kept: int = 0


class Room:
    """One address may take half of what there is, so that there is room for others: a whole office may stand behind
    one. When no more fit in, whoever came first and has nothing in hand makes room for the newcomer: heads that never
    end push out one another, and a connection that only rests is opened again by whoever needs it.
    """

    def __init__(self, connections_max: int = CONNECTIONS_MAX, bytes_max: int = BODIES_BYTES_MAX) -> None:
        self._connections_max, self._bytes_max = connections_max, bytes_max
        self._everybody: dict[Guest, str] = {}
        self._crowds: dict[str, _Crowd] = {}
        self.bytes_kept = 0

    def __len__(self) -> int:
        return len(self._everybody)

    def enter(self, guest: Guest, address: str) -> bool:
        """False when nobody may be sent away for this one."""
        network = network_of(address)
        crowd = self._crowds.get(network, _Crowd())
        if len(crowd.guests) >= self._connections_max // 2 and not self._send_away(crowd.guests):
            return False
        if len(self._everybody) >= self._connections_max and not self._send_away(self._everybody):
            return False
        self._crowds.setdefault(network, _Crowd()).guests[guest] = 0
        self._everybody[guest] = network
        return True

    def leave(self, guest: Guest) -> None:
        network = self._everybody.get(guest)
        if network is None:
            return
        self.forget(guest)
        del self._everybody[guest]
        crowd = self._crowds[network]
        del crowd.guests[guest]
        if not crowd.guests:
            del self._crowds[network]

    def keep(self, guest: Guest, length: int) -> bool:
        """Whether so much more of its body may be kept; then it is counted until `forget`."""
        network = self._everybody.get(guest)
        if network is None:
            return False
        crowd = self._crowds[network]
        if crowd.bytes_kept + length > self._bytes_max // 2 or self.bytes_kept + length > self._bytes_max:
            return False
        crowd.guests[guest] += length
        crowd.bytes_kept += length
        self.bytes_kept += length
        return True

    def forget(self, guest: Guest, length: int | None = None) -> None:
        """So much of what it sent is no longer kept; all of it, without a length."""
        network = self._everybody.get(guest)
        if network is None:
            return
        crowd = self._crowds[network]
        forgotten = crowd.guests[guest] if length is None else min(length, crowd.guests[guest])
        crowd.guests[guest] -= forgotten
        crowd.bytes_kept -= forgotten
        self.bytes_kept -= forgotten

    def _send_away(self, guests: "dict[Guest, int] | dict[Guest, str]") -> bool:
        guest = next((guest for guest in guests if guest.is_waiting), None)
        if guest is None:
            return False
        self.leave(guest)
        guest.drop()
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
