"""A stored record's receipt, read from its journal: the file that anybody can check offline."""

from __future__ import annotations

from hadir.ledger import JournalError
from hadir.ledger.sqlite import JournalReader
from hadir.office.projection.models import Punch
from hadir.records.receipt import receipt_file
from hadir.rules.evidence import Source
from hadir.site import Site


def receipt_of(site: Site, punch: Punch) -> str | None:
    """The receipt file of a punch; None when its journal is not in this data folder, and for what no phone made:
    receipts are promises to phones.
    """
    if punch.source != Source.PHONE:
        return None
    for folder in site.journal_folders():
        try:
            reader = JournalReader(folder)
        except JournalError:
            continue
        try:
            if reader.origin == punch.origin:
                proof = reader.prove([punch.index])[0]
                return receipt_file(bytes(punch.body).decode("ascii"), proof.receipt)
        finally:
            reader.close()
    return None
