"""The shipped or configured policy files, read once per process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import yaml

from hadir.rules.policy_file import parse_policies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hadir.rules.policy import PolicySet


@cache
def laws(folder: Path) -> Mapping[str, PolicySet]:
    """The policy sets by name. PolicyFileError lists every fault of every file: no law is read in part."""
    documents = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.yaml"))}
    return parse_policies(documents)
