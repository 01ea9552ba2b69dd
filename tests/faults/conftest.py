"""What fault tests share."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def fast_folder() -> Iterator[Path]:
    """A folder in memory where there is one: for thousands of files whose syncs prove nothing."""
    memory = Path("/dev/shm")  # noqa: S108 - only as the place of a fresh private folder
    chosen = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=chosen) as folder:
        yield Path(folder)
