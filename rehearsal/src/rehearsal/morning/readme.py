"""The README's headline: a morning that was rehearsed, written by the drill itself so that it cannot go stale."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hadir.site import SiteError

BEGIN, END = "<!-- drill: written by `make drill` -->", "<!-- end of drill -->"
_BLOCK = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)


def write_headline(path: Path, figures: Mapping[str, Any]) -> None:
    """Put the table in place of its older self. SiteError when the page has no place for it."""
    text = path.read_text(encoding="utf-8")
    if not _BLOCK.search(text):
        raise SiteError(f"{path} has no lines {BEGIN} and {END}")
    path.write_text(_BLOCK.sub(lambda _: headline(figures), text), encoding="utf-8")


def read_headline(page: str) -> str:
    """The block as it stands in a page; empty without one."""
    found = _BLOCK.search(page)
    return found[0] if found else ""


def headline(figures: Mapping[str, Any]) -> str:
    """The block, from the drill's figures as they are or as docs/figures.md keeps them."""
    people, taps, receipts = (f"{int(figures[name]):,}" for name in ("people", "taps", "receipts"))
    rows = [
        ("taps; with a receipt that the phone verified", f"{taps}; {receipts}"),
        ("lost; doubled", f"{figures['lost']}; {figures['duplicated']}"),
        ("people wrongly late; wrongly on time", f"{figures['wrongly_late']}; {figures['wrongly_on_time']}"),
        ("people on time whom the server's time would have made late", f"{int(figures['late_by_server']):,}"),
        (
            "people late who turned their clock back, and nothing signed says so: on a list, to be asked",
            figures["unproven"],
        ),
    ]
    title = f"`hadir drill`: {people} people arrive {figures['arrive']}, the gate is killed {figures['outage']}"
    return "\n".join([BEGIN, f"| {title} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows), END])
