"""A gate on a cheap server, in a process of its own: its journal takes its time before each commit point.

`python -m rehearsal.slow_gate --data FOLDER …`: for rehearsal folders only.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from hadir.gate.admission import WAIT_MS_MAX
from hadir.gate.listening import BindAddress
from hadir.gate.program import run_gate
from hadir.ledger import Entry
from hadir.ledger.sqlite import SqliteJournal
from hadir.records.leaf import Leaf
from hadir.records.note import Signer
from hadir.site import open_site

#: What makes a gate a slow one; `RunningGate` starts this program for them.
SLOW_ARGUMENTS = frozenset({"--slow-batch-ms", "--slow-record-us", "--wait-ms"})


class SlowJournal(SqliteJournal):
    """Each batch and each record costs so much more. `waits_s`: what the batch that is staged now costs more."""

    waits_s = 0.0

    def __init__(
        self,
        folder: Path,
        signer: Signer,
        *,
        batch_ms: float,
        record_us: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(folder, signer)
        self._batch_s, self._record_s, self._sleep = batch_ms / 1e3, record_us / 1e6, sleep

    def stage(self, entries: Sequence[Entry], *, now_ms: int) -> None:
        super().stage(entries, now_ms=now_ms)
        self.waits_s = self._batch_s + len(entries) * self._record_s

    def commit(self) -> Sequence[Leaf]:
        self._sleep(self.waits_s)
        return super().commit()


def main() -> int:
    parser = argparse.ArgumentParser(prog="slow-gate")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--slow-batch-ms", type=float, default=0)
    parser.add_argument("--slow-record-us", type=float, default=0)
    parser.add_argument("--wait-ms", type=int, default=WAIT_MS_MAX, help="another bound of the queue (decision 0014)")
    asked = parser.parse_args()
    os.umask(0o077)
    site = open_site(asked.data)
    if not site.rehearsal:
        sys.stderr.write(f"{site.name} is a production site: it is never slowed down\n")
        return 1

    open_journal = partial(SlowJournal, batch_ms=asked.slow_batch_ms, record_us=asked.slow_record_us)
    bind = BindAddress(port=asked.port, unix_socket=asked.socket)
    return run_gate(site, bind, open_journal=open_journal, wait_ms_max=asked.wait_ms)


if __name__ == "__main__":
    sys.exit(main())
