"""What an operator sees of a gate, and how it stops."""

import http.client
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from hadir.ledger.sqlite import JournalReader
from hadir.site import Site, found_site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import voucher_for


def metrics(gate: RunningGate) -> dict[str, float]:
    lines = gate.call("GET", "/metrics").body.decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


def test_metrics_count_what_was_answered_repeated_and_refused(gate: RunningGate, sari: Phone, tono: Phone) -> None:
    record = sari.punch()
    gate.punch(record)
    gate.punch(record, tono.punch())
    seen = metrics(gate)
    assert seen["hadir_gate_records_answered_total"] == 3
    assert seen["hadir_gate_records_repeated_total"] == 1
    assert seen['hadir_gate_refusals_total{code="unknown_key"}'] == 1
    assert seen["hadir_gate_answer_seconds_count"] == 2
    assert seen['hadir_gate_answer_seconds_bucket{le="+Inf"}'] == 2
    assert (seen["hadir_gate_ready"], seen["hadir_gate_waiting"]) == (1, 0)


def test_the_log_is_json_lines_without_people_or_places(site: Site, tmp_path: Path, sari: Phone) -> None:
    log = (tmp_path / "log").open("w+")
    gate = RunningGate(site, log=log)
    gate.start()
    record = sari.punch()
    assert gate.punch(record, "nonsense").status == 200
    gate.call("GET", "/nothing/-3.31,114.59")
    gate.stop()
    log.seek(0)
    text = log.read()
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert (events[0], events[-1]) == ("verifier", "stopped")
    assert "started" in events
    assert not any(secret in text for secret in (record, record.split(".")[1], sari.kid, sari.voucher or "-", "114.59"))


@dataclass
class Taps:
    """Clients that tap until they are told to stop."""

    receipts: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)

    def tap_on(self, gate: RunningGate, phone: Phone) -> None:
        """One connection kept open, one punch after the other, until the gate is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=20)
        while True:
            body, sent = json.dumps({"punches": [{"record": phone.punch()}]}), False
            try:
                connection.request("POST", "/v1/punches", body, {"content-type": "application/json"})
                sent = True
                answer = connection.getresponse()
                answer_body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.cut_off.append(f"{sent}: {error!r}")
                return
            if answer.status != 200:
                self.refused.append(answer.status)
                return
            self.receipts.append(json.loads(answer_body)["answers"][0]["receipt"])


def test_a_stopping_gate_answers_everyone_whom_it_admitted(site: Site) -> None:
    gate = RunningGate(site, arguments=["--slow-batch-ms", "150"])
    gate.start()
    taps = Taps()
    phones = [Phone(number, voucher_for(site, number)) for number in range(1, 9)]
    clients = [threading.Thread(target=taps.tap_on, args=(gate, phone)) for phone in phones]
    for client in clients:
        client.start()
    time.sleep(1)
    assert gate.stop() == 0
    for client in clients:
        client.join()
    reader = JournalReader(site.journal_folder("gate1"))
    kinds = [leaf.kind.name for leaf in reader.read(0, reader.size())]
    assert kinds[-1] == "GATE_STOP"
    assert kinds.count("PUNCH") == len(taps.receipts), "a record was kept and its receipt not given"
    assert len(taps.receipts) >= len(phones)


def test_a_production_folder_is_never_slowed_down(tmp_path: Path) -> None:
    found_site(tmp_path / "real", name="presensi.example.go.id", zone="Asia/Makassar", now_ms=1)
    argv = [
        sys.executable,
        "-m",
        "rehearsal.slow_gate",
        "--data",
        str(tmp_path / "real"),
        "--port",
        "0",
        "--slow-batch-ms",
        "5",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, "never slowed down" in done.stderr) == (1, True)
