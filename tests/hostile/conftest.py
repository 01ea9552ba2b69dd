"""Every way in, started once: the door of a whole site, a gate's port and its socket, and nginx before that gate and
before the site's office.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hadir.gate.listening import allow_connections
from hadir.site import found_site
from rehearsal.bench.connections import find_nginx, running_proxy, upstream
from rehearsal.gates import RunningGate
from tests.conftest import NOW_MS, in_ci
from tests.hostile.speaking import Front
from tests.hostile.table import FRONTS
from tests.sitekit import RunningSite, demo_site


@dataclass
class Fronts:
    site: RunningSite
    gate: RunningGate
    office_port: int
    logs: list[Path]
    by_name: dict[str, Front] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Front:
        if name not in self.by_name:
            pytest.skip("nginx is not installed here; CI has it")
        return self.by_name[name]

    def logged(self) -> str:
        return "".join(log.read_text(errors="replace") for log in self.logs if log.exists())


@pytest.fixture(scope="package")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    allow_connections()
    folder = tmp_path_factory.mktemp("hostile")
    with ExitStack() as stack:
        logs = [folder / "site.log", folder / "gate.log", folder / "error.log"]
        site = demo_site(folder / "site", now="2026-11-24T10:00:00")
        site.log = stack.enter_context(logs[0].open("w"))
        site.start()
        stack.callback(site.stop)
        founded = found_site(folder / "data", name="rehearsal/tests", zone="Asia/Makassar", now_ms=NOW_MS)
        gate = RunningGate(founded, unix_socket=folder / "gate.sock", log=stack.enter_context(logs[1].open("w")))
        gate.start()
        stack.callback(gate.stop)
        office_port = office_of(site.pids()["door"])
        found = [
            Front("door", port=site.port),
            Front("door-office", port=site.port, is_office=True),
            Front("gate-port", port=gate.port),
            Front("gate-socket", unix_socket=gate.unix_socket),
        ]
        if find_nginx() is not None or in_ci():
            proxy = stack.enter_context(running_proxy(folder, upstream(gate), f"127.0.0.1:{office_port}"))
            found += [
                Front("nginx-gate", port=proxy.plain_port),
                Front("nginx-office", port=proxy.plain_port, is_office=True),
            ]
        assert [front.name for front in found] == list(FRONTS[: len(found)])
        yield Fronts(site, gate, office_port, logs, {front.name: front for front in found})


def office_of(door: int) -> int:
    """Where this door, a process, finds the office."""
    argv = Path(f"/proc/{door}/cmdline").read_text().split("\0")
    return int(argv[argv.index("--office") + 1].rpartition(":")[2])
