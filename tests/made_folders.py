"""Folders that many tests begin with: each is made once for this tree as it stands, kept in `.make`, and copied."""

import fcntl
import hashlib
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".make" / "folders"
MADE_FROM = ("src/hadir", "rehearsal/src", "policies", "tests/sitekit.py")
_OLD_SECONDS = 86_400


@cache
def stand() -> str:
    """A digest of what such a folder follows from: the code, the law, and the date, on which a regency's month ends."""
    found = hashlib.sha256(str(datetime.now(UTC).date()).encode())
    for name in MADE_FROM:
        place = ROOT / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(f"{file.relative_to(ROOT)} {file.stat().st_size}\n".encode())
                found.update(file.read_bytes())
    return found.hexdigest()[:16]


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder of this name, which `make` fills where it is not there yet. To be copied, never to be changed."""
    kept = KEPT / stand()
    if not kept.exists():
        _forget_old()
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / name).exists():
            draft = kept / f"{name}.draft"
            shutil.rmtree(draft, ignore_errors=True)
            make(draft)
            draft.rename(kept / name)
    return kept / name


def _forget_old() -> None:
    """What was made from a tree that is no more; another run of the tests may still use what is young."""
    for other in KEPT.glob("*"):
        if time.time() - other.stat().st_mtime > _OLD_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
