"""From stored records to the facts that the rules weigh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from msgspec.structs import replace as replaced

from hadir.office.devices.queries import HeldKey
from hadir.office.ground.moments import LAST_MS, is_a_time
from hadir.office.judging.facts import Facts
from hadir.office.projection.models import Punch, Witness, punch_payload
from hadir.records.keys import KeyList
from hadir.records.kinds import Kind
from hadir.records.phone_records import HeldTime
from hadir.records.times import TimeToken, nonce_binding, open_time, read_time
from hadir.rules.evidence import Binding, ClockState, DeliveryFacts, Direction, SignedTime, Source, TapFacts

_KEPT_TOKENS = 16_384
_CLOCK_STATES = {
    "ok": ClockState.OK,
    "simulated": ClockState.OK,
    "unsynchronised": ClockState.UNSURE,
    "stepped": ClockState.UNSURE,
    "wrong": ClockState.WRONG,
}
_IDENTITY_FLAGS = frozenset({
    "unconfirmed",
    "voucher",
    "voucher_expired",
    "revoked_key",
    "person_mismatch",
    "key_not_yet_valid",
})  # fmt: skip


Opened = tuple[TimeToken, str]
"""A signed time that holds, and the gate that signed it."""


@dataclass(frozen=True)
class TimeTokenVerifier:
    """What weighing needs beside the records: the gates' keys for signed times."""

    keys: KeyList

    @cached_property
    def open(self) -> Callable[[str], Opened | None]:
        """The signed time of a token, or None for one that no gate of this site signed: it then bounds nothing.

        Each tap is weighed when it is placed and again when its day is judged: what was verified is remembered.
        """
        time_keys = self.keys.time_keys()

        @lru_cache(_KEPT_TOKENS)
        def opened(token: str) -> Opened | None:
            try:
                time = open_time(token, time_keys)
            except ValueError:
                return None
            told = read_time(token)
            return time, "" if told is None else told.gate

        return opened


def tap_facts(punch: Punch, facts: Facts, time_tokens: TimeTokenVerifier) -> TapFacts:
    """Everything known of one tap, with every witness that has arrived."""
    if punch.source != Source.PHONE:
        return _written_facts(punch, facts)
    payload = punch.payload or punch_payload(bytes(punch.body))
    witnesses = facts.witnesses.get(punch.record_hash, [])
    wall_ms, anchor = _within_time(payload.wall_ms, _anchor(payload.signed_time, punch.kid, time_tokens, facts))
    received = facts.clocks.received(punch.origin, punch.index)
    countersigned = next((row for row in witnesses if row.kind == Kind.COUNTERSIGNATURE), None)
    return TapFacts(
        ref=punch.record_hash,
        direction=Direction(payload.direction),
        source=Source.PHONE,
        wall_ms=wall_ms,
        mono_ms=payload.mono_ms,
        origin_ms=payload.origin_ms,
        anchor=anchor,
        received_at_ms=punch.received_at_ms,
        gate_error_ms=received.error_ms,
        gate_clock=ClockState.WRONG if received.wrong else ClockState.OK,
        delivery=_delivery(witnesses, punch.kid, time_tokens, facts),
        countersigned_at_ms=countersigned.received_at_ms if countersigned else None,
        countersign_error_ms=(
            facts.clocks.received(countersigned.origin, countersigned.index).error_ms if countersigned else 0
        ),
        flags=identity_flags(punch, facts.devices.get(punch.kid)),
    )


def _written_facts(punch: Punch, facts: Facts) -> TapFacts:
    """A line of a terminal's file: its clock, what was measured of it, and the import as the latest moment. A presence
    on paper: the time its attester wrote, and the moment at which the list was recorded.
    """
    return TapFacts(
        ref=punch.record_hash,
        direction=Direction(punch.direction),
        source=Source(punch.source),
        wall_ms=punch.wall_ms,
        received_at_ms=punch.received_at_ms,
        terminal_skew_ms=facts.terminal_skew_ms(punch),
    )


def identity_flags(punch: Punch, device: HeldKey | None) -> tuple[str, ...]:
    """What the office knows of the key today; its word replaces what the gate could not know yet."""
    if punch.source != Source.PHONE:
        return ()
    others = {flag for flag in punch.flags if flag not in _IDENTITY_FLAGS}
    if device is None or device.person_id != punch.person:
        return tuple(sorted({*others, "unconfirmed"}))
    if device.until_ms is not None and punch.judged_ms >= device.until_ms:
        return tuple(sorted({*others, "unconfirmed", "revoked_key"}))
    return tuple(sorted(others))


def _within_time(wall_ms: int, anchor: SignedTime | None) -> tuple[int, SignedTime | None]:
    """A phone may claim any number. One that no calendar has says nothing, and only the signed bounds remain."""
    skew_ms = anchor.at_ms - anchor.wall_ms if anchor else 0
    if is_a_time(wall_ms) and is_a_time(wall_ms + skew_ms):
        return wall_ms, anchor
    return min(max(wall_ms, 0), LAST_MS), replaced(anchor, wall_ms=anchor.at_ms) if anchor else None


def _anchor(held: HeldTime | None, kid: str, time_tokens: TimeTokenVerifier, facts: Facts) -> SignedTime | None:
    opened = time_tokens.open(held.token) if held else None
    if held is None or opened is None:
        return None
    token, gate = opened
    found = facts.clocks.signed(gate, token.at_ms)
    return SignedTime(
        at_ms=token.at_ms,
        error_ms=max(token.error_ms, found.error_ms),
        clock_state=ClockState.WRONG if found.wrong else _CLOCK_STATES[token.clock],
        wall_ms=held.wall_ms,
        mono_ms=held.mono_ms,
        origin_ms=held.origin_ms,
        binding=Binding(nonce_binding(token.nonce, kid)),
    )


def _delivery(
    witnesses: Sequence[Witness], kid: str, time_tokens: TimeTokenVerifier, facts: Facts
) -> DeliveryFacts | None:
    """The first delivery statement with a signed time that holds."""
    for row in witnesses:
        if row.kind != Kind.DELIVERY:
            continue
        held = row.delivery.signed_time
        if (opened := time_tokens.open(held.token)) is not None:
            token, gate = opened
            return DeliveryFacts(
                mono_ms=held.mono_ms,
                origin_ms=held.origin_ms,
                at_ms=token.at_ms,
                error_ms=max(token.error_ms, facts.clocks.signed(gate, token.at_ms).error_ms),
                wall_ms=held.wall_ms,
                binding=Binding(nonce_binding(token.nonce, kid)),
            )
    return None
