"""Whoever changes a journal's files is found, wherever and however he does it."""

import json

import pytest

from hadir.cli import main
from rehearsal.faults.tamper import ATTACKS


@pytest.mark.timeout(900)
def test_every_attack_on_the_files_is_found(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    places = 200 if pytestconfig.getoption("--long") else 50
    status = main(["faults", "tamper", "--places", str(places), "--json"])
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"attacks": 12 * places, "found": 12 * places}, printed.err
    assert (status, len(ATTACKS)) == (0, 12)
