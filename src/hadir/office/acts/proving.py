"""One act against the office's journal itself: the record at its place, its way to the signed head, the head's key.

The audit list compares what the follower read back; this reads the journal's file anew and believes nothing else.
"""

import json
from dataclasses import dataclass

from hadir.ledger import Proof
from hadir.ledger.sqlite import readers
from hadir.office.acts.models import OutboxRow
from hadir.records.encoding import b64url, sha256
from hadir.records.receipt import Receipt, ReceiptError, receipt_file, verify_receipt
from hadir.site import Site


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `holds` is None where there is nothing to look at yet."""

    code: str
    holds: bool | None

    @property
    def tone(self) -> str:
        return {True: "recorded", False: "problem", None: "waiting"}[self.holds]

    @property
    def icon(self) -> str:
        return {True: "recorded", False: "attention", None: "waiting"}[self.holds]


@dataclass(frozen=True, slots=True)
class ProvenAct:
    """`fault` is the verifier's own line when the proof does not hold; `file` can be checked offline by anybody."""

    checks: tuple[Check, ...]
    receipt: Receipt | None = None
    fault: str = ""
    file: str = ""

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)

    @property
    def is_waiting(self) -> bool:
        return any(check.holds is None for check in self.checks)

    @property
    def root(self) -> str:
        return self.receipt.checkpoint.root.hex() if self.receipt else ""


def prove_act(site: Site, row: OutboxRow) -> ProvenAct:
    """Look at everything that makes this act's record what it is."""
    words = _words(row)
    if row.index is None:
        return ProvenAct(checks=(Check("audit.check.place", None), *words))
    proof = proof_at(site, row.origin, row.index)
    if proof is None:
        return ProvenAct(checks=(Check("audit.check.place", holds=False), *words))
    same = proof.leaf.body == bytes(row.body)
    found, fault = None, ""
    try:
        found = verify_receipt(proof.leaf.body.decode(), proof.receipt, site.key_list())
    except ReceiptError as error:
        fault = str(error)
    return ProvenAct(
        checks=(
            Check("audit.check.place", holds=True),
            Check("audit.check.bytes", holds=same),
            Check("audit.check.path", holds=found is not None),
            *words,
        ),
        receipt=found,
        fault=fault,
        file=receipt_file(proof.leaf.body.decode(), proof.receipt) if found else "",
    )


def _words(row: OutboxRow) -> tuple[Check, ...]:
    """The reason's words are kept beside the journal; the record holds their salted digest."""
    wanted = json.loads(bytes(row.body)).get("reason")
    if wanted is None:
        return ()
    if row.reason is None:
        return (Check("audit.check.erased", holds=True),)
    return (Check("audit.check.words", holds=b64url(sha256(bytes(row.reason))) == wanted),)


def proof_at(site: Site, origin: str, index: int) -> Proof | None:
    """What proves the record at this place; None where its journal is not in this data folder."""
    here = (one for one in readers(site.journal_folders()) if one.origin == origin and index < one.size())
    return next((one.prove([index])[0] for one in here), None)
