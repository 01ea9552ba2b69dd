"""Where the office's tables live: SQLite in the data folder, or a PostgreSQL that the settings name."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from hadir.config import SettingError
from hadir.office.ground.installation import database_of


def test_without_a_name_it_is_one_file_in_the_data_folder(tmp_path: Path) -> None:
    assert database_of("", tmp_path / "office.sqlite")["NAME"] == tmp_path / "office.sqlite"


@pytest.mark.skipif(find_spec("psycopg") is not None, reason="the driver is installed")
def test_a_database_without_its_driver_is_told_in_one_line_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"install psycopg\[binary\] beside Hadir$"):
        database_of("postgresql://hadir:secret@db.example/hadir", tmp_path / "office.sqlite")


@pytest.mark.skipif(find_spec("psycopg") is None, reason="needs the extra hadir[postgres]")
def test_a_database_is_named_by_its_address(tmp_path: Path) -> None:
    entry = database_of("postgresql://hadir:a%40b@db.example:5433/hadir", tmp_path / "office.sqlite")
    named = [entry[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")]
    assert named == ["db.example", "5433", "hadir", "hadir", "a@b"]
