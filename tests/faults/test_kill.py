"""kill -9 under load: whoever holds a receipt finds the record in the journal."""

import json

import pytest

from hadir.cli import main


def kills(config: pytest.Config) -> int:
    return 500 if config.getoption("--long") else 50


@pytest.mark.timeout(1_800)
def test_no_receipt_is_missing_after_fifty_kills(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["faults", "kill", "--times", str(kills(pytestconfig)), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert (status, report["missing"], report["duplicates"]) == (0, 0, 0)
    assert report["kills"] == kills(pytestconfig)
    assert report["receipts"] > 10 * report["kills"]
    assert report["ready_s_max"] < 10, "two seconds on a quiet machine; a machine that tests share is slower"
