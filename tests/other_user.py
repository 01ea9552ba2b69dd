"""Doing something as another user of this machine, as the units do. Only root can."""

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

GATE, OFFICE, STRANGER = 61_001, 61_002, 61_003
SHARED = 61_000

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="users of their own for gate and office need root to be tried (CI is root)"
)


def reachable(folder: Path) -> Path:
    """Let every user come as far as this folder, which pytest makes for its own user alone."""
    for one in (folder, *folder.parents):
        if one.stat().st_mode & 0o011 != 0o011 and one.stat().st_uid == os.geteuid():
            one.chmod(one.stat().st_mode | 0o011)
    return folder


def become(user: int) -> None:
    """This process is from now on that user, in the group that both programs share."""
    os.setgroups([] if user == STRANGER else [SHARED])
    os.setgid(user)
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
