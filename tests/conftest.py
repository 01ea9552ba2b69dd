"""What every room's tests share: a fresh rehearsal folder and real programs on it."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hadir.records.days import DAY_MS
from hadir.records.voucher import Voucher
from hadir.site import Site, found_site
from rehearsal.figures import write_figures
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone

KeepFigures = Callable[[str, dict[str, Any]], None]
NOW_MS = int(time.time() * 1000)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return found_site(tmp_path / "data", name="rehearsal/tests", zone="Asia/Makassar", now_ms=NOW_MS)


@pytest.fixture
def gate(site: Site) -> Iterator[RunningGate]:
    running = RunningGate(site)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def fast_folder() -> Iterator[Path]:
    """A folder in memory where there is one: for thousands of files whose syncs prove nothing."""
    memory = Path("/dev/shm")  # noqa: S108 - only as the place of a fresh private folder
    chosen = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=chosen) as folder:
        yield Path(folder)


@pytest.fixture
def sari(site: Site) -> Phone:
    return Phone(7, voucher_for(site, 7))


@pytest.fixture
def tono() -> Phone:
    return Phone(99)


@pytest.fixture
def samples() -> Path:
    """Real exports of terminals, which are not ours to keep here. No other test reads outside the repository."""
    beside = [Path(__file__).resolve().parents[up] / "shared" / "samples" / "terminals" for up in (2, 3)]
    found = next((folder for folder in beside if folder.is_dir()), None)
    if found is None:
        pytest.skip("the real exports are not on this machine: ../shared/samples/terminals")
    return found


def voucher_for(site: Site, person: int, *, last_day: int = NOW_MS // DAY_MS + 30) -> str:
    return Voucher(person=person, slip=person, last_day=last_day).issue(site.office_signer())


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


@pytest.fixture
def keep_figures(pytestconfig: pytest.Config) -> KeepFigures:
    """Writes what a long form counted into the file of `--figures`, where one is given."""
    path: Path | None = pytestconfig.getoption("--figures")
    return lambda name, figures: None if path is None else write_figures(path, name, figures)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, help="write the figures of the long forms into this file")
    parser.addoption("--long", action="store_true", help="the long forms of the fault tests")
    parser.addoption("--bare-debian", help="a root made by debootstrap, which the installation test copies")
    parser.addoption("--all-planted", action="store_true", help="try every planted bug, not only those near a change")
