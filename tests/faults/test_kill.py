"""kill -9 under load: whoever holds a receipt finds the record in the journal."""

import http.client
import random
import threading
import time
from dataclasses import dataclass, field

from hadir.drill.gates import RunningGate
from hadir.drill.phones import Phone
from hadir.ledger.audit import audit_journal
from hadir.ledger.sqlite import JournalReader
from hadir.records.encoding import un_b64url
from hadir.records.jws import parse_jws
from hadir.records.kinds import Kind
from hadir.records.receipt import verify_receipt
from hadir.site import Site
from tests.conftest import voucher_for

KILLS = 10
CLIENTS = 4


@dataclass
class Held:
    """What the clients hold when the dust has settled."""

    receipts: dict[str, str] = field(default_factory=dict)
    unanswered: int = 0
    stop: bool = False

    def tap_on(self, gate: RunningGate, phone: Phone) -> None:
        """One punch after the other; the same bytes again until there is a receipt."""
        while not self.stop:
            record = phone.punch()
            while not self.stop:
                try:
                    answer = gate.punch(record).json["answers"][0]
                    self.receipts[record] = answer["receipt"]
                    break
                except (OSError, http.client.HTTPException, KeyError):
                    self.unanswered += 1
                    time.sleep(0.02)


def test_no_receipt_is_missing_after_ten_kills(gate: RunningGate, site: Site) -> None:
    held, dice = Held(), random.Random(20191001)
    phones = [Phone(number, voucher_for(site, number)) for number in range(1, CLIENTS + 1)]
    clients = [threading.Thread(target=held.tap_on, args=(gate, phone)) for phone in phones]
    for client in clients:
        client.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.05, 0.5))
        gate.kill()
        gate.start()
    held.stop = True
    for client in clients:
        client.join()
    gate.stop()
    assert held.unanswered > 0, "no kill met a request: the test proves nothing"
    assert len(held.receipts) > KILLS
    check(held, site)


def check(held: Held, site: Site) -> None:
    folder, keys = site.journal_folder("gate1"), site.key_list()
    reader = JournalReader(folder)
    punches = [leaf for leaf in reader.read(0, reader.size()) if leaf.kind is Kind.PUNCH]
    at = {leaf.index: leaf.body.decode() for leaf in punches}
    missing = [record for record, receipt in held.receipts.items() if at.get(index_of(record, receipt, site)) != record]
    assert not missing
    assert len({parse_jws(leaf.body.decode()).hash for leaf in punches}) == len(punches), "a record stands twice"
    assert audit_journal(folder, keys).ok
    assert all(len(un_b64url(leaf.body.decode().split(".")[2])) == 64 for leaf in punches)


def index_of(record: str, receipt: str, site: Site) -> int:
    return verify_receipt(record, receipt, site.key_list()).leaf.index
