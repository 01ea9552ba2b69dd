"""The phones' own clocks as witnesses of the gate's: no machine knows by itself that it is steadily wrong.

Each punch carries a time that this gate signed and what the phone's clock showed when it came in. Where enough
confirmed phones of the last quarter of an hour agree with each other, and not with the gate, the gate is wrong
(docs/decisions/0026-phones-are-witnesses-of-the-gates-clock.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median_low
from typing import Literal

import msgspec

from hadir.clock import ClockQuality
from hadir.gate.step import Answer, Read
from hadir.records.phone_records import PunchPayload
from hadir.records.refusals import Refused
from hadir.records.times import read_time

PHONES_MIN = 20
HEARD_MS = 900_000
#: How near to the median a phone agrees with it, and how many must.
AGREE_MS = 10_000
AGREE_SHARE = 2 / 3
#: Further off than any answer is late, so that a slow network accuses nobody; what is stated is wider by as much.
WRONG_MS = 15_000
#: How often agreement is worth a record: what is found wrong later was wrong since the last one at most.
CONFIRM_EVERY_MS = 7_200_000
#: A batch in the rush says no more than its first phones do.
_HEARD_OF_BATCH = 16

Word = Literal["right", "wrong"]


class PhonesWord(msgspec.Struct, frozen=True):
    """What the phones say; `ahead_ms` is how far the gate is before them."""

    word: Word
    ahead_ms: int

    @property
    def quality(self) -> ClockQuality:
        return ClockQuality(word="wrong", error_ms=abs(self.ahead_ms) + WRONG_MS)


@dataclass
class Witnesses:
    """Each phone's newest word, for a while. A phone counts once, and only if the office has confirmed it."""

    origin: str
    _heard: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def hear(self, pairs: Iterable[tuple[Read, Answer]], now_ms: int) -> None:
        """Listen to punches that were recorded just now."""
        for count, (read, answer) in enumerate(pairs):
            if count == _HEARD_OF_BATCH:
                return
            if isinstance(read, Refused) or isinstance(answer, Refused) or answer.repeat or answer.flags:
                continue
            payload = read.record.payload
            if not isinstance(payload, PunchPayload):
                continue
            held = payload.signed_time
            told = None if held is None else read_time(held.token)
            # Forging the token would win nothing: the phone chooses what its own clock shows anyway.
            if held is not None and told is not None and told.gate == self.origin and _is_fresh(told.at_ms, now_ms):
                self._heard[read.record.jws.kid] = (told.at_ms, told.at_ms - held.wall_ms)

    def forget(self) -> None:
        """The clock was moved: what was said of it before is of another clock."""
        self._heard.clear()

    def testimony(self, now_ms: int) -> PhonesWord | None:
        """None while too few speak, or they do not agree with each other."""
        self._heard = {kid: said for kid, said in self._heard.items() if _is_fresh(said[0], now_ms)}
        if len(self._heard) < PHONES_MIN:
            return None
        ahead = [ahead_ms for _, ahead_ms in self._heard.values()]
        middle_ms = median_low(ahead)
        if sum(abs(one - middle_ms) <= AGREE_MS for one in ahead) < AGREE_SHARE * len(ahead):
            return None
        return PhonesWord("wrong" if abs(middle_ms) > WRONG_MS else "right", middle_ms)


def _is_fresh(at_ms: int, now_ms: int) -> bool:
    return abs(now_ms - at_ms) <= HEARD_MS
