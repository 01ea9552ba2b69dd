"""A data folder is whole or none, and a rehearsal is never taken for the real thing."""

import stat
from pathlib import Path

import pytest

from hadir.cli import main
from hadir.clock import RehearsalClock, SystemClock, set_rehearsal_clock
from hadir.site import SiteError, found_site, open_site

REAL = "presensi.example.go.id"


def test_a_founded_site_opens_with_its_keys(tmp_path: Path) -> None:
    site = found_site(tmp_path, name=REAL, zone="Asia/Makassar", now_ms=1_795_000_000_000)
    again = open_site(tmp_path)
    assert again == site
    assert again.key_list().named(site.gate_origin, ("gate",)) is not None
    assert (site.gate_origin, site.origin("office")) == (f"{REAL}/gate1/2026", f"{REAL}/office/2026")


def test_a_year_begins_at_midnight_at_the_site(tmp_path: Path) -> None:
    new_year_ms = 1_798_732_800_000  # 1 January 2027, 00.00 in Makassar: in UTC it is still December
    before = found_site(tmp_path / "before", name=REAL, zone="Asia/Makassar", now_ms=new_year_ms - 1)
    after = found_site(tmp_path / "after", name=REAL, zone="Asia/Makassar", now_ms=new_year_ms)
    assert (before.year, after.year) == (2026, 2027)


def test_secret_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    found_site(tmp_path, name=REAL, zone="Asia/Makassar", now_ms=1)
    secrets = list((tmp_path / "keys").glob("*.key"))
    assert len(secrets) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o400}


def test_a_site_is_not_founded_twice(tmp_path: Path) -> None:
    found_site(tmp_path, name=REAL, zone="Asia/Makassar", now_ms=1)
    with pytest.raises(SiteError, match="already"):
        found_site(tmp_path, name=REAL, zone="Asia/Makassar", now_ms=1)


def test_half_a_folder_is_none(tmp_path: Path) -> None:
    found_site(tmp_path, name=REAL, zone="Asia/Makassar", now_ms=1)
    (tmp_path / "keys" / "keys.note").unlink()
    with pytest.raises(SiteError, match=r"keys\.note is missing"):
        open_site(tmp_path)


def test_production_refuses_simulated_time(tmp_path: Path) -> None:
    site = found_site(tmp_path, name=REAL, zone="Asia/Makassar", now_ms=1)
    assert isinstance(site.clock(), SystemClock)
    assert main(["clock", "--data", str(tmp_path), "--at", "2026-11-24T07:28:00"]) == 1
    set_rehearsal_clock(site.clock_file, simulated_ms=1)
    with pytest.raises(SiteError, match="belongs to a rehearsal"):
        site.clock()


def test_a_rehearsal_lives_by_simulated_time_when_it_has_one(tmp_path: Path) -> None:
    site = found_site(tmp_path, name="rehearsal/x", zone="Asia/Makassar", now_ms=1)
    assert isinstance(site.clock(), SystemClock)
    assert main(["clock", "--data", str(tmp_path), "--at", "2026-11-24T07:28:00"]) == 0
    clock = site.clock()
    assert isinstance(clock, RehearsalClock)
    assert 0 <= clock.now_ms() - 1_795_476_480_000 < 60_000


def test_a_rehearsals_clock_may_run_fast(tmp_path: Path) -> None:
    set_rehearsal_clock(tmp_path / "clock.json", simulated_ms=0, speed=1_000)
    clock = RehearsalClock(tmp_path / "clock.json")
    first, begun = clock.now_ms(), clock.mono_ms()
    while clock.mono_ms() - begun < 20:
        pass
    assert clock.now_ms() - first >= 20_000
