"""All programs of a site on one machine: starts them, keeps them running, and stops them in order.

Each is a process of its own, so that the morning does not depend on the office, and a crash is one program's, for a
moment.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

from hadir.clock import SystemClock
from hadir.config import child_environment, free_port
from hadir.site import Site

_RESTART_FIRST_MS = 200
_RESTART_LAST_MS = 5_000
#: For the programs that taps come through, which cost little to start: ready again within two seconds.
QUICK_RESTART_LAST_MS = 1_000
#: A program that ran this long is well again: its next restart is quick.
_WELL_AFTER_MS = 30_000
_STOP_SECONDS = 15
_ORPHAN_MS = 5_000
"""A program without its supervisor answers what it has admitted, and puts away what it is at; then it is killed."""
_HANDLES_MAX = 1_024
#: As long as units wait (WatchdogSec= in deploy/).
WATCH_MS = 60_000
_SIGN_BYTES_MAX = 4_096
_POLL_SECONDS = 0.1
_ONE_USER = (
    "hadir: all programs run as one user here: whoever takes over the office can read the gate's key and write its "
    "journal. docs/operating.md, Install, gives each a user of its own.\n"
)
_PR_SET_PDEATHSIG = 1
#: The office yields to the gate and the door: a report may take longer, a tap may not (deploy/ does it with CPUWeight).
_OFFICE_NICE = 5
#: A large file may take minutes; pages may not.
_EXPORTS_NICE = 15
_AUTOGROUP = Path("/proc/self/autogroup")
_AUTOGROUP_TRIES = 5


@dataclass
class Program:
    """One child: how to start it, and how it fares."""

    name: str
    argv: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    nice: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    started_ms: int = 0
    restart_ms: int = _RESTART_FIRST_MS
    restart_ms_max: int = _RESTART_LAST_MS
    due_ms: int = 0
    #: After so long without a sign of life it is killed; 0: it gives none.
    watch_ms: int = 0
    _signs: "socket.socket | None" = None
    _heard_ms: int = 0
    _looked_ms: int = 0

    def start(self, now_ms: int, watch: "LastWatch | None" = None) -> None:
        if self.watch_ms and self._signs is None:
            self._signs = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._signs.setblocking(False)  # noqa: FBT003 - the standard library's
            self._signs.bind(f"\0hadir-serve/{os.getpid()}/{self.name}/{id(self)}")
            address = "@" + self._signs.getsockname()[1:].decode()
            signs = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": str(self.watch_ms * 1_000)}
            self.environment = {**self.environment, **signs}
        self._heard_ms = self._looked_ms = now_ms
        self.process = subprocess.Popen(
            list(self.argv),
            env=child_environment(self.environment),
            start_new_session=True,  # Ctrl-C is ours to pass on, in order
            preexec_fn=partial(_begin_life, self.nice, os.getpid()),  # noqa: PLW1509 - the supervisor has no threads
        )
        if watch is not None:
            watch.note(self.name, self.process.pid)
        self.started_ms = now_ms

    def look(self, now_ms: int, watch: "LastWatch | None" = None) -> bool:
        """Start again what has ended, and what has hung; True when that changed the process."""
        self._watch(now_ms)
        if self.process is not None and self.process.poll() is not None:
            sys.stderr.write(f"hadir: {self.name} ended with {self.process.returncode}; starting it again\n")
            well = now_ms - self.started_ms > _WELL_AFTER_MS
            self.restart_ms = _RESTART_FIRST_MS if well else min(2 * self.restart_ms, self.restart_ms_max)
            self.due_ms, self.process = now_ms + self.restart_ms, None
        if self.process is None and now_ms >= self.due_ms:
            self.start(now_ms, watch)
            return True
        return False

    def _watch(self, now_ms: int) -> None:
        if self._signs is None or self.process is None or self.process.poll() is not None:
            return
        with suppress(BlockingIOError):
            while self._signs.recv(_SIGN_BYTES_MAX):
                self._heard_ms = now_ms
        if now_ms - self._looked_ms > self.watch_ms // 2:
            self._heard_ms = now_ms  # it was we who hung
        self._looked_ms = now_ms
        if now_ms - self._heard_ms > self.watch_ms:
            sys.stderr.write(f"hadir: {self.name} gave no sign of life for {self.watch_ms // 1000} s; killing it\n")
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class LastWatch:
    """Ends the programs should the supervisor be killed (`kill -9`, out of memory), also those that hear no signal.

    A process that waits for the end of a pipe whose other side the supervisor alone holds. It is begun before any
    program, so that it has nothing of theirs.
    """

    def __init__(self) -> None:
        read, self._write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._write)
            _outlive(read)
        os.close(read)

    def note(self, name: str, pid: int) -> None:
        """This is now the program's process, and the leader of its group."""
        os.write(self._write, f"{name} {pid}\n".encode())

    def end(self) -> None:
        """All programs have ended."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._write)


def _outlive(pipe: int) -> NoReturn:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, pipe)
    os.closerange(pipe + 1, _HANDLES_MAX)
    told = b""
    while read := os.read(pipe, _SIGN_BYTES_MAX):
        told += read
    groups = {int(pid) for pid in dict(line.split(b" ") for line in told.splitlines()).values()}
    clock = SystemClock()
    until_ms = clock.mono_ms() + _ORPHAN_MS  # they were asked by their death signal (`_begin_life`)
    while clock.mono_ms() < until_ms and any(map(_is_there, groups)):
        time.sleep(_POLL_SECONDS)
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    os._exit(0)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def serve(site: Site, *, host: str, port: int, public_url: str) -> int:
    """Run the site until SIGTERM or SIGINT; the exit status."""
    _refuse_taken_port(host, port)
    programs = _programs(site, host=host, port=port, public_url=public_url)
    stopping: list[int] = []
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda number, _: stopping.append(number))
    clock = SystemClock()
    sys.stderr.write(f"{_ONE_USER}phone   {public_url}/\noffice  {public_url}/kantor/\nCtrl-C stops\n")
    watch = LastWatch()
    try:
        while not stopping:
            changed = [program for program in programs if program.look(clock.mono_ms(), watch)]
            if changed:
                _write_pids(site, programs, port)
            time.sleep(_POLL_SECONDS)
    finally:
        for program in programs:
            program.stop()
        watch.end()
    return 0


def _programs(site: Site, *, host: str, port: int, public_url: str) -> list[Program]:
    """In the order in which they stop: no new requests, then the gate answers the admitted ones, then the office
    follows to the end.
    """
    hadir = [sys.executable, "-m", "hadir.cli"]
    data = ["--data", str(site.data)]
    gate_port, office_port = free_port(), free_port()
    environment = {"HADIR_DATA": str(site.data), "HADIR_PUBLIC_URL": public_url}
    door = [*hadir, "door", "--host", host, "--port", str(port)]
    door += ["--gate", f"http://127.0.0.1:{gate_port}", "--office", f"http://127.0.0.1:{office_port}"]
    office = [sys.executable, "-m", "gunicorn", "hadir.office.wsgi:application", "--bind", f"127.0.0.1:{office_port}"]
    office += ["--config", "python:hadir.office.gunicorn_settings"]
    return [
        Program("door", door, restart_ms_max=QUICK_RESTART_LAST_MS),
        Program(
            "gate",
            [*hadir, "gate", *data, "--port", str(gate_port)],
            restart_ms_max=QUICK_RESTART_LAST_MS,
            watch_ms=WATCH_MS,
        ),
        Program("office", office, environment, nice=_OFFICE_NICE),
        Program("follower", [*hadir, "office", "follow", *data], environment, nice=_OFFICE_NICE),
        Program("exports", [*hadir, "office", "exports", *data], environment, nice=_EXPORTS_NICE),
    ]


def _write_pids(site: Site, programs: Sequence[Program], port: int) -> None:
    """run/serve.json: who runs, for operators and tests. On a full disk it stays as it was: programs are looked after
    all the same.
    """
    pids = {program.name: program.process.pid for program in programs if program.process is not None}
    draft = site.run_folder / "serve.json.draft"
    try:
        site.run_folder.mkdir(exist_ok=True)
        draft.write_text(json.dumps({"port": port, "serve": os.getpid(), **pids}) + "\n")
        draft.replace(site.run_folder / "serve.json")
    except OSError as error:
        sys.stderr.write(f"hadir: run/serve.json was not written: {error}\n")


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OSError(
                f"port {port} on {host} cannot be used ({error.strerror}); choose another with PORT= or --port"
            ) from error


def _yield_as_a_session(nice: int) -> None:
    """The same for the session (sched(7), autogroup): each program is one, and outside it `nice` is void."""
    for _ in range(_AUTOGROUP_TRIES):
        try:
            _AUTOGROUP.write_text(str(nice))
        except BlockingIOError:
            time.sleep(_POLL_SECONDS)  # the kernel allows it every tenth of a second
        except OSError:
            return  # a kernel without it needs nothing more
        else:
            return


def _begin_life(nice: int, supervisor: int) -> None:
    """Should the supervisor be killed, its programs end too (prctl(2)); a journal left locked would block the next
    start. Whoever does not end of it, `LastWatch` ends.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != supervisor:
        os._exit(1)  # it was killed before we said so
    os.nice(nice)
    if nice:
        _yield_as_a_session(nice)
