"""What people did with a thing, step by step: who, when, what, and what the journal says of the record of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from hadir.office.acts.actions import SALT_BYTES
from hadir.office.acts.models import ActStep, OutboxRow
from hadir.office.acts.queries import Proof, proof_of
from hadir.office.projection.models import JournaledAct

S = TypeVar("S", bound="ActStep")


@dataclass(frozen=True, slots=True)
class ToldStep(Generic[S]):
    """A step with its words, if this reader may see them."""

    step: S
    reason: str | None
    is_reason_hidden: bool
    proof: Proof


def told_steps(steps: Sequence[S], *, is_open: bool = True, in_words: Callable[[str], str] = str) -> list[ToldStep[S]]:
    """The steps in their order. `is_open`: the reader may see reasons; `in_words`: what of a reason is for him.

    One query.
    """
    journaled = JournaledAct.objects.in_bulk([step.record.record_id for step in steps])
    return [
        ToldStep(
            step=step,
            reason=in_words(reason) if is_open and (reason := reason_of(step.record)) is not None else None,
            is_reason_hidden=not is_open and step.record.reason is not None,
            proof=proof_of(step.record, journaled.get(step.record.record_id)),
        )
        for step in steps
    ]


def reason_of(record: OutboxRow) -> str | None:
    """The words behind the salt."""
    return None if record.reason is None else bytes(record.reason)[SALT_BYTES:].decode()
