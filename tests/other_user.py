"""Doing something as another user of this machine, as the units do. Only root can."""

import grp
import os
import pickle
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

#: Users and a group that every Debian has and nothing uses: a test makes no accounts.
GATE_NAME, OFFICE_NAME, SHARED_NAME = "news", "uucp", "irc"
GATE, OFFICE, STRANGER = (pwd.getpwnam(name).pw_uid for name in (GATE_NAME, OFFICE_NAME, "nobody"))
SHARED = grp.getgrnam(SHARED_NAME).gr_gid

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="users of their own for gate and office need root to be tried (CI is root)"
)


@contextmanager
def common_folder() -> Iterator[Path]:
    """One that every user can come to: pytest's own are closed to others, again and again."""
    with tempfile.TemporaryDirectory(prefix="hadir-users-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def under(name: str) -> tuple[str, ...]:
    """What a command line begins with to run as that user."""
    return ("setpriv", f"--reuid={name}", f"--regid={name}", f"--groups={SHARED_NAME}")


def needs_programs_for_all() -> None:
    """Skip where another user cannot even start this Python: it lies in a home."""
    trial = [*under(OFFICE_NAME), sys.executable, "-c", "import hadir.cli, django"]
    if subprocess.run(trial, capture_output=True, check=False).returncode:
        pytest.skip(f"other users of this machine cannot run {sys.executable} on this source tree")


def become(user: int) -> None:
    """This process is from now on that user, in the group that both programs share."""
    os.setgroups([] if user == STRANGER else [SHARED])
    os.setgid(pwd.getpwuid(user).pw_gid)
    os.setuid(user)
    os.umask(0o027)


def as_user(user: int, work: Callable[[], T]) -> T:
    """What `work` gives in a process of that user; what it raises is raised here."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _work_in_child(user, work, write)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if not said:
        raise AssertionError("it was killed before it said anything")
    ok, result = pickle.loads(said)  # noqa: S301 - our own child
    if not ok:
        raise result
    return result  # type: ignore[no-any-return]


def _work_in_child(user: int, work: Callable[[], Any], pipe: int) -> None:
    said: tuple[bool, Any]
    try:
        become(user)
        said = (True, work())
    except BaseException as error:  # noqa: BLE001 - it is raised in the parent
        said = (False, error)
    os.write(pipe, pickle.dumps(said))
    sys.stdout.flush()
    os._exit(0)
