"""What every benchmark needs: the C programs, pinned processes, the load generator, and an eye on the machine."""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from typing import Any

from hadir.clock import SystemClock
from hadir.config import free_port
from hadir.gate.admission import BATCH_RECORDS_MAX
from hadir.site import Site, SiteError
from rehearsal.bench.crowd import CrowdFiles
from rehearsal.gates import RunningGate
from rehearsal.watch import Stopwatch, until

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_LIBRARIES = {"limit": ["-lcrypto"], "crowd": ["-lcrypto"]}
#: More of the machine than this in other hands, and a figure is marked.
NOISE_CORES_MAX = 0.12
WAIT_SECONDS = 10
#: A closed loop so wide has two full batches for each server: one at the writer, one in line. None is refused.
SATURATION = 2 * BATCH_RECORDS_MAX


class BenchError(SiteError):
    """A benchmark that cannot run; the message says what to install or change."""


def tool(work: Path, name: str) -> Path:
    """A C program of ours, compiled when it is missing or older than its source. BenchError in one line without a
    compiler.
    """
    source, target = Path(__file__).with_name(f"{name}.c"), work / name
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            raise BenchError("please install gcc and libssl-dev  (as root: apt-get install gcc libc6-dev libssl-dev)")
        work.mkdir(parents=True, exist_ok=True)
        argv = [compiler, "-O2", "-Wall", "-Wextra", "-o", str(target), str(source), *_LIBRARIES.get(name, ())]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr)
            raise BenchError(f"gcc: {first.strip()}  (OpenSSL's headers: apt-get install libssl-dev)")
    return target


def beside_others(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The figures, with how many cores of the machine were in other hands meanwhile."""
    watch, busy_s, ours_s = Stopwatch(), _busy_s(), own_cpu_s()
    figures = measure()
    others = max(0.0, (_busy_s() - busy_s - own_cpu_s() + ours_s) / max(watch.seconds, 0.001))
    return {**figures, "other_programs_cores": round(others, 2), "noisy": others > NOISE_CORES_MAX}


def own_cpu_s() -> float:
    """Of this process, and of those that it started and that ended."""
    return sum(used.ru_utime + used.ru_stime for used in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


def cpu_s(pids: Iterable[int]) -> float:
    """User and system seconds of these processes and all their threads."""
    found = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in found) / _TICKS_PER_S


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def rss_mib(pid: int, *, peak: bool = False) -> float:
    """Resident memory of a process now, or the most that it had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM" if peak else "VmRSS")).split()[1]) / 1024


def _busy_s() -> float:
    user, nice, system, _, _, irq, soft = (int(word) for word in Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + soft) / _TICKS_PER_S


@dataclass(frozen=True)
class Load:
    """What the generator saw, phase by phase, and what the servers paid."""

    phases: list[dict[str, Any]]
    server_s: float
    generator_s: float
    unanswered: int
    no_retry_after: int

    @property
    def good(self) -> int:
        return sum(phase["good"] for phase in self.phases)

    @property
    def per_s(self) -> float:
        """Answers with a receipt per second, in the last phase."""
        return float(self.phases[-1]["good"] / self.phases[-1]["seconds"])

    @property
    def cpu_us(self) -> float:
        return self.server_s * 1e6 / max(self.good, 1)


@dataclass(frozen=True)
class LoadPlan:
    """One run of the generator: `phases` are (requests per second, 0 for a closed loop; seconds). An address is
    a port of loopback or the path of a Unix socket.
    """

    crowd: CrowdFiles
    addresses: Sequence[str]
    phases: Sequence[tuple[float, float]]
    connections: int = SATURATION
    first: int = 0
    cores: frozenset[int] = frozenset({0, 1})


def run_load(work: Path, plan: LoadPlan, pids: Sequence[int]) -> Load:
    """Run the generator against servers with these process ids, to its end."""
    argv = [
        str(tool(work, "loadgen")),
        str(plan.crowd.requests),
        ",".join(plan.addresses),
        str(plan.connections),
        str(plan.first),
        ",".join(f"{rate}:{seconds}" for rate, seconds in plan.phases),
    ]
    before_s = cpu_s(pids)
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    pin(process.pid, plan.cores)
    out, _ = process.communicate()
    if process.returncode:
        raise BenchError(f"the load generator ended with {process.returncode}")
    told = json.loads(out)
    return Load(
        phases=told["phases"],
        server_s=cpu_s(pids) - before_s,
        generator_s=told["cpu_s"],
        unanswered=told["unanswered"],
        no_retry_after=told["no_retry_after"],
    )


def pin(pid: int, cores: Iterable[int]) -> None:
    """Keep a process and all its threads on `cores`."""
    wanted = set(cores) & os.sched_getaffinity(0)
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), wanted)


@contextmanager
def running_limit(
    work: Path, crowd: CrowdFiles, journal: Path, cores: Iterable[int], *, tcp: bool = False
) -> Iterator[tuple[str, int]]:
    """The C program as long as the block lasts: (address, process id)."""
    with TemporaryDirectory(prefix="hadir-") as folder:  # not in `work`: a Unix socket's path has 107 bytes at most
        address = str(free_port()) if tcp else f"{folder}/limit.sock"
        process = subprocess.Popen([str(tool(work, "limit")), address, str(crowd.keys), str(journal)])
        pin(process.pid, cores)
        try:
            wait_for(address)
            yield address, process.pid
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            journal.unlink(missing_ok=True)


@contextmanager
def running_gates(sites: Sequence[Site], cores: Iterable[int], *arguments: str) -> Iterator[list[RunningGate]]:
    """A gate for each data folder as long as the block lasts; each listens on a port and on a Unix socket."""
    with (
        (sites[0].data.parent / "gates.log").open("a", encoding="utf-8") as log,
        TemporaryDirectory(prefix="hadir-") as folder,
    ):
        gates = [
            RunningGate(site, arguments=arguments, log=log, unix_socket=Path(folder) / f"gate-{number}.sock")
            for number, site in enumerate(sites)
        ]
        try:
            for gate in gates:
                gate.start()
                pin(gate.pid, cores)
            yield gates
        finally:
            for gate in gates:
                gate.stop()


def wait_for(address: str) -> None:
    """Until something listens there."""

    def is_there() -> bool:
        reach(address).close()
        return True

    until(is_there, WAIT_SECONDS, f"nothing listens at {address}")


def reach(address: str) -> socket.socket:
    """A connection to a port of loopback or to a Unix socket."""
    if "/" not in address:
        return socket.create_connection(("127.0.0.1", int(address)), timeout=1)
    near = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        near.connect(address)
    except OSError:
        near.close()
        raise
    return near


@contextmanager
def fresh_sites(work: Path, crowd: CrowdFiles, count: int) -> Iterator[list[Site]]:
    """`count` rehearsal folders that know the crowd, removed afterwards."""
    with ExitStack() as stack:
        folders = [stack.enter_context(fresh_folder(work / f"site-{number}")) for number in range(count)]
        yield [crowd.found(folder, now_ms=SystemClock().now_ms()) for folder in folders]


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """An empty folder, removed afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def median(values: Iterable[float], digits: int = 2) -> float:
    return round(statistics.median(values), digits)
