"""Two transcriptions of the law, made apart: what they agree in, what is settled, and what stands on one source only.

`policies/second/` holds the second one (docs/rules.md, section 6). The list of what has one source only is
`tests/golden/one-source.txt`; to accept a change of it: `UPDATE_GOLDEN=1 pytest tests/rules/test_second_reading.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hadir.rules.calendars import Calendar, FreeDayKind
from tests.rules.conftest import POLICIES, TUESDAY, document, documents_in

SECOND = POLICIES / "second"
GOLDEN = Path(__file__).parents[1] / "golden" / "one-source.txt"
READINGS = {name: raw for name, raw in documents_in(SECOND).items() if name not in {"calendars", "not-shipped"}}
NEEDED = {"value", "wording", "article", "page", "certainty"}
Row = tuple[str, str, dict[str, Any]]


def rows() -> list[Row]:
    """Each value of the second transcription: the set, the path, what it says."""
    return [(name, path, one) for name, raw in READINGS.items() for path, said in raw["values"].items() for one in said]


def histories(raw: Any, prefix: str = "") -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The values of a shipped file, by path."""
    for name, below in raw.items():
        path = f"{prefix}{name}"
        if isinstance(below, dict):
            yield from histories(below, f"{path}.")
        else:
            yield path, below


def shipped(name: str) -> dict[str, list[dict[str, Any]]]:
    return dict(histories(document(POLICIES / f"{name}.yaml")["values"]))


def in_force(history: list[dict[str, Any]], on: date) -> dict[str, Any]:
    """The entry that holds on a day; the set's last one where it has ended by then."""
    begun = [entry for entry in history if entry["from"] <= on]
    assert begun, f"nothing on {on}"
    return begun[-1]


def agrees(ours: Any, said: Any) -> bool:
    """Whether all that the second transcription says of a value is so in the shipped one."""
    if isinstance(said, dict):
        return isinstance(ours, dict) and all(key in ours and agrees(ours[key], part) for key, part in said.items())
    if isinstance(said, list):
        same_length = isinstance(ours, list) and len(ours) == len(said)
        return same_length and all(agrees(mine, part) for mine, part in zip(ours, said, strict=True))
    return bool(ours == said)


def differs(name: str, path: str, one: dict[str, Any]) -> str | None:
    """How the shipped value is another, if it is."""
    history = shipped(name).get(path)
    if history is None:
        return "is not shipped"
    entry = in_force(history, one.get("from", TUESDAY))
    if not agrees(entry["value"], one["value"]):
        return f"ships {entry['value']}, and the second transcription says {one['value']}"
    if "from" in one and entry["from"] < one["from"] and entry is history[0] and name != "national-base":
        return f"begins on {entry['from']}, and the second transcription says {one['from']}"
    return None


@pytest.mark.parametrize(("name", "path", "one"), rows(), ids=lambda part: part if isinstance(part, str) else "")
def test_a_difference_of_the_two_transcriptions_is_gone_or_settled_with_a_reason(
    name: str, path: str, one: dict[str, Any]
) -> None:
    settled = READINGS[name].get("settled", {})
    difference = differs(name, path, one)
    if path in settled:
        assert len(settled[path]) >= len("a reason"), "say why"
        assert difference is not None, "the two agree: the reason can go"
    else:
        assert difference is None, f"{name}: {path} {difference}"


@pytest.mark.parametrize(("name", "path", "one"), rows(), ids=lambda part: part if isinstance(part, str) else "")
def test_each_value_has_its_wording_article_page_and_certainty(name: str, path: str, one: dict[str, Any]) -> None:
    assert one.keys() >= NEEDED, f"{name}: {path} lacks {NEEDED - one.keys()}"
    assert one.keys() <= {*NEEDED, "from", "note"}
    assert one["certainty"] in {"P", "Q", "N"}


def test_a_reason_is_for_a_value_of_its_file_and_each_file_for_a_shipped_set() -> None:
    for name, raw in READINGS.items():
        assert raw["second"] == name
        assert raw.get("settled", {}).keys() <= raw["values"].keys(), name
        assert (POLICIES / f"{name}.yaml").is_file(), name


def test_the_free_days_of_the_two_transcriptions_are_the_same(calendars: dict[str, Calendar]) -> None:
    for year, said in document(SECOND / "calendars.yaml").items():
        ours = calendars[f"indonesia-{year}"]
        kinds = {"national": FreeDayKind.NATIONAL, "collective": FreeDayKind.COLLECTIVE}
        for word, kind in kinds.items():
            dates = [f"{day.date:%m-%d}" for day in ours.days.values() if day.kind is kind]
            assert sorted(dates) == sorted(map(str, said[word])), f"{year} {word}"
        if "ramadan" in said:
            assert f"{ours.ramadan[0].from_date:%m-%d}" == str(said["ramadan"]), year


def test_what_is_not_shipped_says_why() -> None:
    found = document(SECOND / "not-shipped.yaml")["rules"]
    keys = {"rule", "says", "wording", "article", "page", "certainty", "not_shipped"}
    assert all(one.keys() == keys and all(str(part).strip() for part in one.values()) for one in found)


def one_source() -> list[str]:
    """What the sets say themselves, by a source and not by Hadir's own choice, and the second one lacks."""
    lines = []
    for file in sorted(POLICIES.glob("*.yaml")):
        seen = READINGS.get(file.stem, {"values": {}})["values"]
        for path, history in sorted(shipped(file.stem).items()):
            entry = in_force(history, date.max)
            if path not in seen and entry["certainty"] != "I":
                lines.append(f"{file.stem}: {path} [{entry['certainty']}{', borrowed' * ('borrowed' in entry)}]")
    return lines


def test_what_has_one_source_only_is_listed() -> None:
    said = "".join(f"{line}\n" for line in one_source())
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(said, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == said
