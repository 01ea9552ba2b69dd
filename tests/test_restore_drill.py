"""The restore drill: a whole site comes back from a backup, its verdicts unchanged, its journals under new names."""

import json
import subprocess
from pathlib import Path

import pytest

from hadir.ledger.audit import audit_journal
from hadir.ledger.sqlite import JOURNAL_FILE
from hadir.records.receipt import verify_receipt
from hadir.site import open_site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import voucher_for
from tests.sitekit import HADIR

SARI = 7


def hadir(*arguments: str) -> str:
    ran = subprocess.run([*HADIR, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def verdicts(data: Path) -> str:
    """The digest of all verdicts, after they were built again from the journals."""
    hadir("office", "follow", "--data", str(data), "--once")
    report = json.loads(hadir("office", "rebuild", "--data", str(data), "--json"))
    assert report["identical"]
    return str(report["after"])


def tapped(data: Path, phone: Phone) -> list[tuple[str, str]]:
    """Three taps through a real gate, each with its receipt."""
    gate = RunningGate(open_site(data))
    gate.start()
    records = [phone.punch() for _ in range(3)]
    given = [(record, gate.punch(record).json["answers"][0]["receipt"]) for record in records]
    roster = gate.call("GET", "/healthz").json["roster"]
    assert roster["version"] is not None
    assert roster["fault"] == ""
    gate.stop()
    return given


@pytest.mark.timeout(300)
def test_a_whole_site_comes_back_and_then_turns_a_year(tmp_path: Path) -> None:
    data, again = tmp_path / "data", tmp_path / "again"
    hadir("demo", "--data", str(data))
    hadir("office", "follow", "--data", str(data), "--once")
    phone = Phone(SARI, voucher_for(open_site(data), SARI))
    held = tapped(data, phone)
    before = verdicts(data)
    hadir("backup", "--data", str(data), str(tmp_path / "copy"))
    root = str(data / "keys" / "root.key")
    hadir("restore", str(tmp_path / "copy"), "--data", str(again), "--root-key", root)
    assert verdicts(again) == before
    held += tapped(again, phone)
    after = verdicts(again)
    hadir("journal", "roll", "--data", str(again), "--reason", "year", "--root-key", root)
    assert verdicts(again) == after
    held += tapped(again, phone)
    keys = open_site(again).key_list()
    assert len({verify_receipt(record, receipt, keys).leaf.origin for record, receipt in held}) == 3
    journals = [folder for folder in open_site(again).journal_folders() if (folder / JOURNAL_FILE).exists()]
    assert len(journals) == 6, "three of the gate, three of the office"
    assert all(audit_journal(folder, keys).ok for folder in journals)
