"""How many requests may wait for the office at once: more of those that send what somebody has written."""

from http import HTTPStatus

from hadir.clock import SystemClock
from hadir.gate.wire import Request
from hadir.retry import RetrySchedule

#: So many requests may wait for the office at once, and so many more of those that send something. Others are asked to
#: come back: taps share this loop with five thousand log-ins (decision 0032).
OFFICE_AT_ONCE_MAX = 32
OFFICE_SENDING_MAX = 32
#: What the office is taken to need for one of them, to say when the others may come back.
OFFICE_TURN_MS = 40
#: How long the office's own word that there is no place on a page is repeated, without asking it.
OFFICE_FULL_MS = 250


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
