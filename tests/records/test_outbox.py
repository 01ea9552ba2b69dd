"""The outbox in Python does what the table in vectors/outbox.json says, as the phone's does."""

import json
from pathlib import Path
from typing import Any

import pytest

from hadir.records import outbox
from hadir.records.outbox import Chance, Happened, Outboxed, OutboxState, is_due, may_join, new_entry, step

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "outbox.json").read_text(encoding="utf-8"))
NOW_MS = 1_795_000_000_000


def entry_of(fields: dict[str, Any]) -> Outboxed:
    return Outboxed(**{**fields, "state": OutboxState(fields["state"])})


@pytest.mark.parametrize("example", VECTORS["examples"], ids=lambda example: str(example["name"]))
def test_each_example_of_the_vectors_holds(example: dict[str, Any]) -> None:
    event = example["event"]
    after = step(
        entry_of(example["before"]),
        Happened(event["type"]),
        Chance(u=example["u"], now_ms=example["now_ms"]),
        retry_after_s=event.get("retry_after_s", 0),
    )
    assert after == entry_of(example["after"])


def test_the_table_and_the_policy_are_those_of_the_vectors() -> None:
    table = {
        state.value: {
            event.value: {"to": to.value, "delay": delay.__name__.removeprefix("_")}
            for event, (to, delay) in events.items()
        }
        for state, events in outbox._TABLE.items()
    }
    assert table == VECTORS["table"]
    assert [state.value for state in OutboxState] == VECTORS["states"]
    for name, value in VECTORS["policy"].items():
        known = getattr(outbox, name.upper())
        assert (list(known) if isinstance(known, tuple) else known) == value, name


def test_a_new_tap_is_due_at_once_and_one_that_waits_is_not() -> None:
    assert new_entry(NOW_MS) == entry_of(VECTORS["new"]["entry"])
    assert new_entry(NOW_MS, unheard_ms=VECTORS["new_away"]["unheard_ms"]) == entry_of(VECTORS["new_away"]["entry"])
    assert new_entry(NOW_MS, unheard_ms=VECTORS["new_away"]["unheard_ms"] - 1) == new_entry(NOW_MS)
    assert is_due(new_entry(NOW_MS), NOW_MS)
    waiting = step(step(new_entry(NOW_MS), Happened.SENT, Chance(0, NOW_MS)), Happened.NO_ANSWER, Chance(0.5, NOW_MS))
    assert not is_due(waiting, NOW_MS)
    assert may_join(waiting, NOW_MS)


def test_a_gate_that_asked_to_wait_gets_no_rider() -> None:
    sending = step(new_entry(NOW_MS), Happened.SENT, Chance(0, NOW_MS))
    waiting = step(sending, Happened.OVERLOADED, Chance(0, NOW_MS), retry_after_s=5)
    assert not may_join(waiting, NOW_MS + 4_999)
    assert may_join(waiting, NOW_MS + 5_000)


def test_a_clock_that_was_moved_does_not_put_a_tap_off_for_years() -> None:
    far = step(step(new_entry(NOW_MS), Happened.SENT, Chance(0, NOW_MS)), Happened.REFUSED, Chance(0.5, NOW_MS))
    assert not is_due(far, NOW_MS)
    assert is_due(far, NOW_MS - 30 * 86_400_000)
