"""The blocks of the page that an operator copies."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operating.md"
NAME = "presensi.uji.example"


@dataclass(frozen=True)
class Page:
    """The blocks before a person opens a browser and after; and those of a new release."""

    before: str
    after: str
    release: str


def read_page(code: str) -> Page:
    """The blocks of "Install", with the values of its first block, which are the reader's own, replaced by ours."""
    install = PAGE.read_text(encoding="utf-8").split("\n## Install\n")[1].split("\n## ")[0]
    install, release = install.split("**A new release.**")
    first, last = install.split("**8. ")
    mine = {"NAME": NAME, "CODE": code}
    return Page(before=_filled(_blocks(first), mine), after=_blocks(last), release=_blocks(release))


def _blocks(text: str) -> str:
    found = re.findall(r"(?ms)^```sh\n(.*?)^```$", text)
    assert found
    return "".join(found)


def _filled(script: str, mine: dict[str, str]) -> str:
    for name, value in mine.items():
        script, times = re.subn(rf"(?m)^{name}=.*$", f"{name}={value}", script)
        assert times == 1, name
    return script


def told(said: str) -> tuple[str, str, str]:
    """(root key, log-in, its password for one time), from what `hadir init` printed."""
    lines = [line.strip() for line in said.splitlines()]
    root = next(place for place, line in enumerate(lines) if line.startswith("Root key"))
    first = next(place for place, line in enumerate(lines) if line.startswith("First account"))
    login, password = lines[first + 1].split()
    return "".join(lines[root + 1 : root + 3]), login, password


if __name__ == "__main__":
    sys.stdout.write(" ".join(told(sys.stdin.read())[1:]) + "\n")
