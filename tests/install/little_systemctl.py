#!/usr/bin/python3
"""Stands in for systemctl where no systemd runs: starts what a unit says, as whom it says. What a unit forbids its
program is not tried here; the long form does.
"""

import os
import pwd
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"))
RUNNING = Path("/run/little-systemctl")
STOP_SECONDS = 30


def main(verb: str, *words: str) -> int:
    RUNNING.mkdir(parents=True, exist_ok=True)
    units = [word for word in words if not word.startswith("-")]
    if verb == "enable":
        for unit in units:
            read(unit)
    if verb in {"start", "restart", "stop"} or "--now" in words:
        for unit in units:
            if verb in {"stop", "restart"}:
                stop(unit)
            if verb != "stop" and not unit.endswith(".timer"):
                start(unit)
    if verb == "is-active":
        return max(int(not is_active(unit)) for unit in units)
    return 0


def read(unit: str) -> dict[str, list[str]]:
    name = unit if "." in unit else f"{unit}.service"
    file = next(folder / name for folder in UNITS if (folder / name).exists())
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", file.read_text(encoding="utf-8")):
        found.setdefault(key, []).append(value.strip())
    return found


def start(unit: str) -> None:
    said = read(unit)
    one = lambda key, default="": said.get(key, [default])[-1]  # noqa: E731 - reads as a table
    user = one("User", "root")
    environment = dict(os.environ) | dict(pair.split("=", 1) for pair in said.get("Environment", []))
    for folder in said.get("RuntimeDirectory", []):
        path = Path("/run") / folder
        path.mkdir(exist_ok=True)
        path.chmod(int(one("RuntimeDirectoryMode", "0755"), 8))
        os.chown(path, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    for command in [*said.get("ExecStartPre", []), *said["ExecStart"], *said.get("ExecStartPost", [])]:
        words = shlex.split(command.replace("%%", "%"))
        with (RUNNING / f"{unit}.log").open("ab") as log:
            process = subprocess.Popen(
                words,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=one("WorkingDirectory", "/"),
                user=user,
                group=one("Group", user),
                extra_groups=said.get("SupplementaryGroups", []),
                umask=int(one("UMask", "0022"), 8),
                start_new_session=True,
            )
        if one("Type", "simple") in {"oneshot", "forking"}:
            if process.wait():
                raise SystemExit(f"{unit}: {command} ended with {process.returncode}")
        else:
            (RUNNING / f"{unit}.pid").write_text(str(process.pid))


def pid_of(unit: str) -> int:
    named = [RUNNING / f"{unit}.pid", *map(Path, read(unit).get("PIDFile", []))]
    return next((int(file.read_text()) for file in named if file.exists() and file.read_text().strip()), 0)


def is_active(unit: str) -> bool:
    status = Path(f"/proc/{pid_of(unit)}/stat")
    return pid_of(unit) > 0 and status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def stop(unit: str) -> None:
    if not is_active(unit):
        return
    os.kill(pid_of(unit), signal.SIGTERM)
    for _ in range(STOP_SECONDS * 10):
        if not is_active(unit):
            return
        time.sleep(0.1)
    raise SystemExit(f"{unit} does not stop")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
