"""A bare Debian 13 with a real systemd, in a container of this machine: its own processes, network and folders.

Needs root, debootstrap, systemd-nspawn, and slirp4netns, which leads it to the package registries through this machine.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOOLS = ("debootstrap", "systemd-nspawn", "slirp4netns", "nsenter", "unshare")
MIRROR = "http://deb.debian.org/debian"
BARE = "systemd,systemd-sysv,dbus"
_CA = Path("/etc/ssl/certs/ca-certificates.crt")
_BOOT_SECONDS, _STOP_SECONDS = 120, 60
#: systemd wants the one tree of cgroup2, which this machine may have elsewhere.
_BOOT = """
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/hadir-install
echo $$ >/sys/fs/cgroup/hadir-install/cgroup.procs
exec systemd-nspawn --directory="$1" --bind="$2:/mnt" --machine=hadir-install --boot --private-network \
    --register=no --keep-unit --console=pipe
"""


@dataclass(frozen=True)
class Machine:
    """A running one. `leader` is its first process, as this machine counts it."""

    leader: int

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """As root within it, with the certificates that this network needs."""
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/" + "root",
            "PIP_CERT": "/mnt/ca.crt",
            "NODE_EXTRA_CA_CERTS": "/mnt/ca.crt",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        inside = ["nsenter", f"--target={self.leader}", "--all", "--wdns=/"]
        return subprocess.run([*inside, *command], env=environment, capture_output=True, text=True, check=False)

    def beside(self, *command: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
        """A program of this machine, in its network: a browser in the same room."""
        inside = ["nsenter", f"--target={self.leader}", "--net"]
        return subprocess.run([*inside, *command], cwd=cwd, capture_output=True, text=True, check=False)


def make_bare(root: Path) -> None:
    """What the installer of Debian leaves, and less: no network tools, no adduser, no Python."""
    command = ["debootstrap", "--variant=minbase", f"--include={BARE}", "trixie", str(root), MIRROR]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def running(root: Path, work: Path) -> Iterator[Machine]:
    """Boot it. `work` is its /mnt."""
    shutil.copy(_CA, work / "ca.crt")
    (root / "etc" / "resolv.conf").unlink(missing_ok=True)
    (root / "etc" / "resolv.conf").write_text("nameserver 10.0.2.3\n", encoding="utf-8")
    for line in Path("/etc/apt/apt.conf.d").glob("99*"):
        shutil.copy(line, root / "etc/apt/apt.conf.d")
    with (work / "boot.log").open("wb") as log:
        command = [
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "bash",
            "-euc",
            _BOOT,
            "boot",
            str(root),
            str(work),
        ]
        nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        road: subprocess.Popen[bytes] | None = None
        machine: Machine | None = None
        try:
            machine = Machine(_leader(nspawn))
            road = subprocess.Popen(
                ["slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", str(machine.leader), "tap0"],
                stdout=log,
                stderr=log,
            )
            yield machine
            machine.run("systemctl", "poweroff")
            nspawn.wait(_STOP_SECONDS)
        finally:
            if machine is not None and nspawn.poll() is None:
                os.kill(machine.leader, signal.SIGKILL)  # with it all that runs in there
            for process in (road, nspawn):
                if process is not None and process.poll() is None:
                    process.kill()
                    process.wait()


def _leader(nspawn: "subprocess.Popen[bytes]") -> int:
    """Once systemd has started what it starts."""
    until = time.monotonic() + _BOOT_SECONDS
    while time.monotonic() < until and nspawn.poll() is None:
        for child in Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children").read_text().split():
            state = Machine(int(child)).run("systemctl", "is-system-running")
            if state.stdout.strip() in {"running", "degraded"}:
                return int(child)
        time.sleep(0.5)
    raise AssertionError("systemd did not come up")
