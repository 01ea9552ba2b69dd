"""`python -m rehearsal.slow_gate`: the gate as on a cheap server, in rehearsals only.

It is the product's own gate on a journal that takes its time before the commit point, as a slow disk does.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hadir.gate.line import WAIT_MS_MAX
from hadir.gate.listening import Road
from hadir.gate.program import Parts, run_gate
from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.owners import umask_for
from hadir.records.leaf import Leaf
from hadir.records.note import Signer
from hadir.site import SiteError, open_site


@dataclass(frozen=True)
class Costs:
    """What each batch costs more than on this machine, and each record in it."""

    batch_ms: float = 0
    record_us: float = 0


class SlowJournal(SqliteJournal):
    """A journal whose batches cost more. `waits_s`: how much more the one that is staged now does."""

    waits_s = 0.0

    def __init__(
        self, folder: Path, signer: Signer, *, costs: Costs, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._costs, self._sleep = costs, sleep
        super().__init__(folder, signer)

    def stage(self, entries: Sequence[Entry], *, now_ms: int) -> None:
        super().stage(entries, now_ms=now_ms)
        self.waits_s = self._costs.batch_ms / 1e3 + len(entries) * self._costs.record_us / 1e6

    def commit(self) -> Sequence[Leaf]:
        self._sleep(self.waits_s)
        return super().commit()


def main() -> int:
    """Serve until asked to stop. SiteError for a production folder."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.slow_gate")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--batch-ms", type=float, default=0, help="what each batch costs more")
    parser.add_argument("--record-us", type=float, default=0, help="what each record costs more")
    parser.add_argument("--wait-ms", type=int, default=WAIT_MS_MAX, help="the bound of the gate's line")
    asked = parser.parse_args()
    site = open_site(asked.data)
    if not site.rehearsal:
        raise SiteError(f"{site.name} is a production site: it is never slowed down")
    os.umask(umask_for(asked.data))
    slow = partial(SlowJournal, costs=Costs(asked.batch_ms, asked.record_us))
    road = Road(host="127.0.0.1", port=asked.port, unix_socket=asked.socket, asgi=False)
    return run_gate(site, road, Parts(open_journal=slow, wait_ms_max=asked.wait_ms))


if __name__ == "__main__":
    sys.exit(main())
