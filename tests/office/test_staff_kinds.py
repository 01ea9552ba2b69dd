"""Kinds of staff are data: those that ship, and what a regency adds beside them."""

from pathlib import Path

import pytest

from hadir.config import shipped
from hadir.office.ground.staff_kinds import staff_kinds_in
from hadir.texts import catalogue


def test_every_kind_that_ships_has_a_name_in_the_catalogue() -> None:
    kinds = staff_kinds_in(shipped("policies"))
    assert list(kinds) == ["pns", "cpns", "pppk", "non_asn"]
    assert all(f"employment.{code}" in catalogue() for code in kinds)


def test_policies_of_ones_own_without_kinds_have_those_that_ship(tmp_path: Path) -> None:
    assert staff_kinds_in(tmp_path) == staff_kinds_in(shipped("policies"))


def test_a_regency_adds_a_kind_with_its_name_in_a_file_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "staff"
    folder.mkdir()
    (folder / "indonesia.yaml").write_bytes((shipped("policies") / "staff" / "indonesia.yaml").read_bytes())
    added = "blud: {spelt: [pegawai blud], name: {id: Pegawai BLUD, en: Staff of a public agency}}\n"
    (folder / "regency.yaml").write_text(added)
    kinds = staff_kinds_in(tmp_path)
    assert kinds["blud"].name["en"] == "Staff of a public agency"
    assert kinds["pns"].unsaid == "with_nip"


def test_a_code_that_no_column_holds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "staff").mkdir()
    (tmp_path / "staff" / "regency.yaml").write_text("a_code_too_long: {}\n")
    with pytest.raises(ValueError, match="at most 10"):
        staff_kinds_in(tmp_path)
