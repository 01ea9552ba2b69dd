"""Limits on records by one slip before the office has looked: a photographed slip must not fill the journal.

Only keys that nobody has confirmed are counted, and only records that would be new: what is there is answered as ever.
A phone over a limit is told to come back later, as in the rush, and loses nothing; the limits are far above what a
person sends. A slip's first key is never refused for being new.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from hadir.records.refusals import Refusal, Refused

WINDOW_MS = 60_000
KEY_RECORDS_MAX = 240
SLIP_NEW_KEYS_MAX = 20
SLIP_RECORDS_MAX = 600
#: Slips that are remembered, and keys of each; the one that was quiet for longest is forgotten first.
SLIPS_MAX = 10_000
SLIP_KEYS_MAX = 1_000


@dataclass
class _Slip:
    begun_ms: int
    records: int = 0
    new_keys: int = 0
    keys: OrderedDict[bytes, int] = field(default_factory=OrderedDict)
    """Key -> its records in this window; keys of before stay known."""


@dataclass
class Quotas:
    """What unconfirmed keys have sent in this minute. One gate's memory: a restart forgets it."""

    _slips: OrderedDict[int, _Slip] = field(default_factory=OrderedDict)

    def admit(self, now_ms: int, slip: int, kid: bytes) -> None:
        """Count one new record of an unconfirmed key that came by this slip. Refused BUSY when it is one too many."""
        seen = self._seen(slip, now_ms)
        is_new = kid not in seen.keys
        if seen.records >= SLIP_RECORDS_MAX or seen.keys.get(kid, 0) >= KEY_RECORDS_MAX:
            raise Refused(Refusal.BUSY)
        if is_new and seen.new_keys >= SLIP_NEW_KEYS_MAX:
            raise Refused(Refusal.BUSY)
        seen.records += 1
        seen.new_keys += is_new
        seen.keys[kid] = seen.keys.get(kid, 0) + 1
        seen.keys.move_to_end(kid)
        if len(seen.keys) > SLIP_KEYS_MAX:
            seen.keys.popitem(last=False)

    def _seen(self, slip: int, now_ms: int) -> _Slip:
        seen = self._slips.get(slip)
        if seen is None:
            seen = self._slips[slip] = _Slip(now_ms)
            if len(self._slips) > SLIPS_MAX:
                self._slips.popitem(last=False)
        elif not 0 <= now_ms - seen.begun_ms < WINDOW_MS:
            known: OrderedDict[bytes, int] = OrderedDict((kid, 0) for kid in seen.keys)
            seen = self._slips[slip] = _Slip(now_ms, keys=known)
        self._slips.move_to_end(slip)
        return seen
