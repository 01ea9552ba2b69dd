"""The roster: what the office signed, as soon as it is there, and never anything else."""

import time
from pathlib import Path

import pytest

from hadir.drill.bench_crowd import Crowd, make_crowd, public_keys, publish, write_roster
from hadir.drill.gates import RunningGate
from hadir.drill.phones import Phone
from hadir.gate.roster import Roster
from hadir.records.encoding import un_b64url
from hadir.site import Site
from tests.conftest import NOW_MS


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    return make_crowd(tmp_path, 50)


def settled(roster: Roster) -> int:
    """Look until nothing is being opened; the version in use."""
    for _ in range(200):
        roster.refresh(NOW_MS)
        if roster._opening is None:
            break
        time.sleep(0.01)
    return 0 if roster.note is None else roster.note.version


def test_the_first_roster_is_there_at_once_and_answers_for_many_keys(site: Site, crowd: Crowd) -> None:
    publish(crowd.roster, site, version=1, now_ms=NOW_MS)
    roster = Roster(site.roster_folder, site.key_list().verifiers("office"))
    loaded = roster.refresh(NOW_MS)
    assert loaded is not None
    assert loaded.version == 1
    rows = list(public_keys(1, 60))
    keys = roster.some([kid for kid, _, _ in rows])
    found = [keys.key(kid) for kid, _, _ in rows]
    assert [None if key is None else (key.key, key.person) for key in found[:50]] == [(k, p) for _, k, p in rows[:50]]
    assert found[50:] == [None] * 10


def test_a_file_that_the_office_did_not_sign_is_not_used_and_said(site: Site, crowd: Crowd, tmp_path: Path) -> None:
    publish(crowd.roster, site, version=1, now_ms=NOW_MS)
    roster = Roster(site.roster_folder, site.key_list().verifiers("office"))
    assert settled(roster) == 1
    other = tmp_path / "other.sqlite"
    other.write_bytes(crowd.roster.read_bytes())
    publish(other, site, version=2, now_ms=NOW_MS)
    with (site.roster_folder / "roster-2.sqlite").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"!")
    assert settled(roster) == 1
    assert "not the file that the office signed" in roster.fault


def test_an_older_roster_never_replaces_a_newer_one(site: Site, crowd: Crowd) -> None:
    publish(crowd.roster, site, version=2, now_ms=NOW_MS)
    roster = Roster(site.roster_folder, site.key_list().verifiers("office"))
    assert settled(roster) == 2
    publish(crowd.roster, site, version=1, now_ms=NOW_MS)
    assert settled(roster) == 2
    assert "older" in roster.fault


def test_a_new_key_counts_within_five_seconds(gate: RunningGate, site: Site, tmp_path: Path) -> None:
    phone = Phone(7)
    assert gate.punch(phone.punch()).code == "unknown_key"
    write_roster(tmp_path / "one.sqlite", [(un_b64url(phone.kid), phone.key, 7)])
    publish(tmp_path / "one.sqlite", site, version=1, now_ms=NOW_MS)
    began = time.monotonic()
    while "index" not in gate.punch(phone.punch()).json["answers"][0]:
        assert time.monotonic() - began < 5
        time.sleep(0.1)
