"""`hadir import …` as it is typed: counts on standard output, lines for a person on standard error."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.sitekit import HADIR
from tests.terminals import shapes

COUNTS = ("lines", "accepted", "repeated", "unmapped", "bad")


def hadir(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [*HADIR, *(str(one) for one in arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("import") / "data"
    assert hadir("demo", "--data", folder).returncode == 0
    return folder


def attlog(data: Path, file: Path, terminal: str, *more: object) -> tuple[int, ...]:
    done = hadir("import", "attlog", file, "--terminal", terminal, "--data", data, "--json", *more)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == set(COUNTS)
    return tuple(told[name] for name in COUNTS)


def test_a_file_is_taken_once_and_its_lines_count_when_their_pins_are_known(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "1_attlog.dat"
    file.write_bytes(shapes.PLAIN)
    assert attlog(data, file, "CLI-1") == (3, 3, 0, 3, 0)
    pins = tmp_path / "pins.csv"
    pins.write_text("serial,pin,person,from,until\nCLI-1,12,1001,2026-01-01,\nCLI-1,7,1102,,\n")
    assert attlog(data, file, "CLI-1", "--map", pins) == (3, 0, 3, 0, 0)
    assert attlog(data, file, "CLI-1", "--map", pins) == (3, 0, 3, 0, 0)
    assert hadir("audit", data / "journals" / "office", "--json").returncode == 0


def test_bad_lines_are_listed_with_their_numbers_in_both_languages(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "1_attlog.dat"
    file.write_bytes(shapes.FAULTY)
    done = hadir("import", "attlog", file, "--terminal", "CLI-2", "--data", data, "--json")
    assert json.loads(done.stdout) == {"lines": 10, "accepted": 2, "repeated": 0, "unmapped": 2, "bad": 8}
    assert "3: tanggal atau jam itu tidak ada (there is no such date or time)" in done.stderr


@pytest.mark.parametrize(
    ("content", "more", "told"),
    [
        (shapes.BINARY, (), "berkas biner mesin"),
        (shapes.DATES_OPEN, (), "--dates mdy atau dmy"),
        (shapes.PLAIN, ("--by", "1007"), "tidak berwenang"),
        (shapes.PLAIN, ("--by", "4711"), "Nobody answers"),
        (shapes.PLAIN, ("--by", "9" * 21), "Nobody answers"),
        (shapes.PLAIN, ("--by", "-1"), "Nobody answers"),
    ],
    ids=["binary", "dates", "outsider", "nobody", "endless number", "below zero"],
)
def test_what_cannot_be_taken_says_why_in_one_line(
    data: Path, tmp_path: Path, content: bytes, more: tuple[str, ...], told: str
) -> None:
    file = tmp_path / "1_attlog.dat"
    file.write_bytes(content)
    done = hadir("import", "attlog", file, "--terminal", "CLI-3", "--data", data, *more)
    assert done.returncode == 1
    assert done.stdout == ""
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_list_of_pins_with_an_endless_cell_is_refused_with_its_line_and_nothing_is_taken(
    data: Path, tmp_path: Path
) -> None:
    file, pins = tmp_path / "1_attlog.dat", tmp_path / "pins.csv"
    file.write_bytes(shapes.PLAIN)
    pins.write_text('serial,pin,person\nCLI-9,12,1001\nCLI-9,7,"' + "x" * 200_000 + '"\n')
    done = hadir("import", "attlog", file, "--terminal", "CLI-9", "--map", pins, "--data", data)
    assert done.returncode == 1
    assert "hadir: 3: Tanda kutip" in done.stderr
    assert attlog(data, file, "CLI-9") == (3, 3, 0, 3, 0), "not even the good row of the list"


def test_real_exports_are_taken_once(data: Path, samples: Path) -> None:
    for number, lines, accepted in (("01", 560, 560), ("04b", 60, 59), ("06a", 80, 79)):
        file = next(samples.glob(f"{number}_*.dat"))
        first = attlog(data, file, f"REAL-{number}")
        assert first[:2] == (lines, accepted)
        assert attlog(data, file, f"REAL-{number}")[1] == 0


def staff(data: Path, file: Path, *more: object) -> tuple[int, dict[str, int], str]:
    done = hadir("import", "staff", file, "--data", data, "--json", *more)
    return done.returncode, json.loads(done.stdout), done.stderr


def test_a_staff_list_by_a_number_that_nobody_can_have_is_refused_in_one_line(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("NIP;Nama;Jenis;Unit\n198001012005011001;Noor Aini;PNS;Dinas Pendidikan > SDN Baru 1\n")
    done = hadir("import", "staff", file, "--data", data, "--by", "9" * 21)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "Nobody answers" in done.stderr


def test_a_staff_list_is_shown_dry_refused_with_faults_and_taken_once(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    good = "NIP;Nama;Jenis;Unit\n198001012005011001;Noor Aini;PNS;Dinas Pendidikan > SDN Baru 1\n"
    file.write_text(good + "12;Rudi;PNS;Dinas Pendidikan\n")
    code, counts, told = staff(data, file, "--dry-run")
    assert (code, counts) == (1, {"rows": 2, "people": 1, "units": 2, "errors": 1})
    assert "3: NIP: NIP harus 18 angka" in told
    file.write_text(good.replace("Noor Aini", "N" * 201).replace("Jenis", "Gelar depan").replace("PNS", "D" * 61))
    code, _, told = staff(data, file)
    assert code == 1
    assert f"{file}:2: Nama: terlalu panjang (Name: too long)" in told
    assert f"{file}:2: Gelar depan: terlalu panjang (Title before: too long)" in told
    file.write_text(good)
    code, counts, told = staff(data, file)
    assert (code, counts["errors"]) == (0, 0)
    assert "1 baru" in told
    assert "1 tetap" in staff(data, file)[2]
