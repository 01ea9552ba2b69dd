"""Signs of life, as systemd asks for them (sd_notify(3)), and as `hadir serve` does.

The event loop gives them, through a thread: a gate whose loop does not come round is killed and started again. Waiting
for the disk is no reason to be killed, however long it takes, for a new gate would wait for the same disk.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

#: So many within the time after which the gate would be taken for dead: one may be lost.
SIGNS_IN_TIME = 6
_SECONDS_MAX = 1.0


class Signs:
    """Tells `address` (NOTIFY_SOCKET) that the gate is up, and from then on that it lives; silent without one."""

    def __init__(self, address: str, dead_after_s: float) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._every_s = dead_after_s / SIGNS_IN_TIME
        self._came_round = threading.Event()
        self._stopped = threading.Event()
        #: Whether nobody can expect the loop to come round now.
        self.waits_for_disk: Callable[[], bool] = lambda: True
        if address and dead_after_s:
            threading.Thread(target=self._watch, name="signs", daemon=True).start()

    def came_round(self) -> None:
        """The event loop, now and then."""
        self._came_round.set()

    def tell(self, text: str) -> None:
        """`READY=1`, `STOPPING=1`, `STATUS=…`."""
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(_SECONDS_MAX)
            sender.sendto(text.encode(), self._address)

    def end(self) -> None:
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(self._every_s):
            if self._came_round.is_set() or self.waits_for_disk():
                self._came_round.clear()
                self.tell("WATCHDOG=1")
