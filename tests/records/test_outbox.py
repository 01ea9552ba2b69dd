"""The outbox's table, against the vectors that the phone's TypeScript passes too."""

import json
from pathlib import Path
from typing import Any

import pytest

from hadir.records import outbox
from hadir.records.outbox import Event, OutboxEntry, State, advance, new_entry

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors" / "outbox.json").read_text(encoding="utf-8")
)


def entry(members: dict[str, Any]) -> OutboxEntry:
    return OutboxEntry(**{**members, "state": State(members["state"])})


@pytest.mark.parametrize("case", VECTORS["examples"], ids=lambda case: case["name"])
def test_every_example_of_the_table(case: dict[str, Any]) -> None:
    event = dict(case["event"])
    kind = Event(event.pop("type"))
    after = advance(entry(case["before"]), kind, u=case["u"], now_ms=case["now_ms"], **event)
    assert after == entry(case["after"])


def test_the_table_is_the_vectors_table() -> None:
    table = {
        state: {event: (row["to"], row["delay"]) for event, row in rows.items()}
        for state, rows in VECTORS["table"].items()
    }
    assert {state: dict(rows) for state, rows in outbox.TABLE_NAMES.items()} == table
    assert [state.value for state in State] == VECTORS["states"]


def test_the_policy_is_the_vectors_policy() -> None:
    assert {name: getattr(outbox, name.upper()) for name in VECTORS["policy"]} == VECTORS["policy"]


def test_a_new_tap_is_due_at_once_and_a_moved_clock_stops_nobody() -> None:
    new = VECTORS["new"]
    assert new_entry(1_795_000_000_000) == entry(new["entry"])
    assert new_entry(5_000).due(5_000)
    assert not new_entry(5_000).due(4_999)
    assert new_entry(10**12).due(0)
    assert not advance(new_entry(0), Event.RECEIPTED, u=0, now_ms=1).due(10**9)
