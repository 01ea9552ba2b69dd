"""Which programs of a site run on this machine, and what its gate says of itself."""

import http.client
import json
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hadir.gate.waiting import NotReadyReason
from hadir.site import Site

_ANSWER_SECONDS_MAX = 5
_ANSWER_BYTES_MAX = 65_536
#: Words of the command lines of programs that stay: others, as `hadir backup`, come and go beside a stopped site.
_STAY = (("gate",), ("serve",), ("office", "follow"), ("office", "exports"))
_ASGI_GATE = "hadir.gate.program:application()"
_ELSEWHERE = frozenset({_ASGI_GATE, "hadir.office.wsgi:application"})
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not listened at


class GateState(StrEnum):
    """As far as it can be seen from here. `UNSEEN`: a server that is not ours may run it."""

    READY = "ready"
    NOT_READY = "not_ready"
    SILENT = "silent"
    NOT_RUNNING = "not_running"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Heard:
    """`reason`: the code of its own words, where it is not ready; `at`: where it was asked."""

    state: GateState
    reason: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    pid: int
    words: tuple[str, ...]

    @property
    def stays(self) -> bool:
        return any(set(wanted) <= set(self.words) for wanted in _STAY) or not _ELSEWHERE.isdisjoint(self.words)

    def option(self, name: str, default: str) -> str:
        """The last one counts."""
        given = [word.partition("=")[2] for word in self.words if word.startswith(f"{name}=")]
        given += [value for word, value in zip(self.words, self.words[1:], strict=False) if word == name]
        return given[-1] if given else default


def programs_of(site: Site) -> list[Running]:
    """Those of `hadir serve`, and whatever else of Hadir runs with this data folder; but for whoever asks."""
    try:
        known = json.loads((site.run_folder / "serve.json").read_text(encoding="utf-8"))
        told = {int(pid) for name, pid in known.items() if name != "port"}
    except (OSError, ValueError, TypeError, AttributeError):
        told = set()
    every = (_running(int(path.name)) for path in Path("/proc").glob("[0-9]*"))
    ours = [one for one in every if any("hadir" in word for word in one.words)]
    data, myself = site.data.resolve(), {os.getpid(), os.getppid()}
    return [one for one in ours if one.pid not in myself and (one.pid in told or _works_on(one, data))]


def ask_gate(programs: Sequence[Running]) -> Heard:
    """By its own port, at `/readyz`."""
    gates = [one for one in programs if "gate" in one.words and one.option("--data", "")]
    if not gates:
        return Heard(GateState.UNSEEN if any(_ASGI_GATE in one.words for one in programs) else GateState.NOT_RUNNING)
    host = gates[0].option("--host", "127.0.0.1")
    host, port = _EVERYWHERE.get(host, host), gates[0].option("--port", "8001")
    at = f"http://{host}:{port}/readyz"
    try:
        status, body = _get(host, int(port))
        ready = bool(body["ready"])
        reason = "" if ready else NotReadyReason(str(body["reason"]["code"])).value
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return Heard(GateState.SILENT, at=at)
    return Heard(GateState.READY if ready and status == http.client.OK else GateState.NOT_READY, reason, at)


def _get(host: str, port: int) -> tuple[int, dict[str, dict[str, str]]]:
    with closing(http.client.HTTPConnection(host, port, timeout=_ANSWER_SECONDS_MAX)) as line:
        line.request("GET", "/readyz")
        answer = line.getresponse()
        return answer.status, json.loads(answer.read(_ANSWER_BYTES_MAX))


def _running(pid: int) -> Running:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return Running(pid, ())
    return Running(pid, tuple(os.fsdecode(word) for word in line.split(b"\0") if word))


def _works_on(program: Running, data: Path) -> bool:
    given = program.option("--data", "") or (_surroundings(program.pid) if program.stays else "")
    try:
        return bool(given) and Path(f"/proc/{program.pid}/cwd").resolve().joinpath(given).resolve() == data
    except OSError:
        return False


def _surroundings(pid: int) -> str:
    """HADIR_DATA, as servers that are not ours are told; of another user's process only root sees it."""
    try:
        variables = os.fsdecode(Path(f"/proc/{pid}/environ").read_bytes()).split("\0")
    except OSError:
        return ""
    return next((one.partition("=")[2] for one in variables if one.startswith("HADIR_DATA=")), "")
