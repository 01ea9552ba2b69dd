"""An outsider with one page, one short script and two public keys: what he believes is what we believe."""

import ast
import importlib.util
import json
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from hadir.records.keys import open_key_list
from hadir.records.receipt import ReceiptError, receipt_file, verify_receipt_file
from hadir.site import Site, found_site, open_site
from rehearsal.gates import RunningGate
from rehearsal.phones import Phone
from tests.conftest import NOW_MS, voucher_for

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "verify_receipts.py"
VECTORS = ROOT / "vectors" / "receipts.json"
RECEIPTS = 300
PEOPLE = 6
MUTATIONS = 1_500


@dataclass(frozen=True)
class Bundle:
    """What an outsider is given: a folder of receipts and the site's public keys."""

    receipts: Path
    site: Site

    def check(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        """The script alone, in an empty folder, without any package of ours on the way."""
        script = shutil.copy(SCRIPT, self.receipts.parent)
        root = self.site.keys_folder / "root.vkey"
        argv = [sys.executable, "-I", script, "--keys", self.site.keys_folder / "keys.note", "--root", root, *arguments]
        return subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """300 receipts of a real gate."""
    folder = tmp_path_factory.mktemp("outsider")
    site = found_site(folder / "data", name="rehearsal/tests", zone="Asia/Makassar", now_ms=NOW_MS)
    receipts = folder / "receipts"
    receipts.mkdir()
    gate = RunningGate(site)
    gate.start()
    try:
        for person in range(1, PEOPLE + 1):
            phone = Phone(person, voucher_for(site, person))
            records = [phone.punch() for _ in range(RECEIPTS // PEOPLE)]
            answers = gate.punch(*records).json["answers"]
            for record, answer in zip(records, answers, strict=True):
                (receipts / f"{answer['index']:06}.txt").write_text(receipt_file(record, answer["receipt"]))
    finally:
        gate.stop()
    return Bundle(receipts, site)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_receipts", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_needs_the_standard_library_and_cryptography_only() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) == {"cryptography"}
    assert "verify_receipts.py" in (ROOT / "docs" / "record-format.md").read_text(encoding="utf-8")


def test_an_outsider_verifies_three_hundred_receipts_in_seconds(bundle: Bundle, pytestconfig: pytest.Config) -> None:
    began = time.monotonic()
    ran = bundle.check(bundle.receipts)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{RECEIPTS} of {RECEIPTS} receipts hold" in ran.stdout
    if pytestconfig.getoption("--long"):
        assert time.monotonic() - began < 20, "a minute would do; a second is usual"


def test_one_changed_receipt_among_them_is_named(bundle: Bundle, tmp_path: Path) -> None:
    copy = tmp_path / "receipts"
    shutil.copytree(bundle.receipts, copy)
    one = sorted(copy.iterdir())[123]
    text = one.read_text()
    one.write_text(text.replace("\nindex ", "\nindex 1", 1))
    ran = bundle.check(copy)
    assert ran.returncode == 1
    assert f"{RECEIPTS - 1} of {RECEIPTS} receipts hold" in ran.stdout
    assert [line for line in ran.stdout.splitlines() if line.startswith("NOT VALID")] == [
        f"NOT VALID {one}: the leaf header does not fit"
    ]


def test_no_receipts_and_foreign_keys_are_no_success(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert bundle.check(tmp_path / "none").returncode == 1
    foreign = tmp_path / "root.vkey"
    foreign.write_text(json.loads(VECTORS.read_text())["root"] + "\n")
    ran = bundle.check(bundle.receipts, "--root", foreign)
    assert ran.returncode == 1
    assert "keys: signed by rehearsal/tests/root" in ran.stderr


def test_no_list_is_believed_without_a_root(bundle: Bundle, tmp_path: Path) -> None:
    script, keys = shutil.copy(SCRIPT, tmp_path), Path(shutil.copy(bundle.site.keys_folder / "keys.note", tmp_path))
    argv = [sys.executable, "-I", str(script), "--keys", str(keys), str(bundle.receipts)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (ran.returncode, "no root key to trust: give --root FILE" in ran.stderr) == (1, True)
    shutil.copy(bundle.site.keys_folder / "root.vkey", tmp_path)
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (ran.returncode, f"trusting the root key in {tmp_path / 'root.vkey'}" in ran.stderr) == (0, True)
    keys.write_text(keys.read_text().rpartition("\n\n")[0] + "\n\n\n")
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 1


def test_the_script_and_hadir_agree_on_the_vectors(script: ModuleType) -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    _, keys = script.read_keys(vectors["key_list"], script.read_key(vectors["root"]))
    for text in vectors["good"]:
        script.verify(text.encode(), keys)
    for text in vectors["bad"]:
        with pytest.raises(script.Bad):
            script.verify(text.encode(), keys)


def test_the_script_and_hadir_agree_on_receipts_that_were_tampered_with(bundle: Bundle, script: ModuleType) -> None:
    note, root = bundle.site.key_list_note, bundle.site.root_key()
    ours = open_key_list(note, root)
    _, theirs = script.read_keys(note, script.read_key(root.text))
    dice = random.Random(20191001)
    files = [path.read_bytes() for path in sorted(bundle.receipts.iterdir())]
    for _ in range(MUTATIONS):
        mutated = mutate(dice, dice.choice(files), dice.choice(files))
        try:
            verify_receipt_file(mutated, ours)
            holds = True
        except ReceiptError:
            holds = False
        try:
            script.verify(mutated, theirs)
            assert holds, mutated
        except script.Bad:
            assert not holds, mutated
        assert not holds or mutated in files


def mutate(dice: random.Random, data: bytes, other: bytes) -> bytes:
    """A receipt with a byte changed, lost, doubled or put in, a line of another's, or its end cut off."""
    at = dice.randrange(len(data))
    match dice.randrange(6):
        case 0:
            return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]
        case 1:
            return data[:at] + data[at + 1 :]
        case 2:
            return data[:at] + data[at : at + 1] + data[at:]
        case 3:
            lines, others = data.split(b"\n"), other.split(b"\n")
            place = dice.randrange(min(len(lines), len(others)))
            return b"\n".join([*lines[:place], others[place], *lines[place + 1 :]])
        case 4:
            return data[:at]
        case _:
            return data[:at] + bytes([dice.randrange(32, 127)]) + data[at:]


def test_a_key_list_that_was_tampered_with_is_not_believed(bundle: Bundle, script: ModuleType) -> None:
    note, root = bundle.site.key_list_note, script.read_key(bundle.site.root_key().text)
    for old, new in (("gate ", "office "), (" - ", " 2058-07-27T12:53:20Z "), ("site rehearsal/tests", "site tests")):
        with pytest.raises(script.Bad):
            script.read_keys(note.replace(old, new, 1), root)


def test_two_receipts_that_contradict_each_other_convict_the_journal(
    bundle: Bundle, script: ModuleType, tmp_path: Path
) -> None:
    """The same site's gate, with its key, once more from an empty journal: another history under one name."""
    again = tmp_path / "data"
    shutil.copytree(bundle.site.data, again)
    site = open_site(again)
    for file in site.journal_folder(site.gate).iterdir():
        file.unlink()
    gate = RunningGate(site)
    gate.start()
    try:
        phone = Phone(99, voucher_for(site, 99))
        records = [phone.punch() for _ in range(20)]
        answers = gate.punch(*records).json["answers"]
    finally:
        gate.stop()
    forked = tmp_path / "forked"
    shutil.copytree(bundle.receipts, forked)
    for record, answer in zip(records, answers, strict=True):
        (forked / f"z{answer['index']:06}.txt").write_text(receipt_file(record, answer["receipt"]))
    ran = bundle.check(forked)
    assert ran.returncode == 1
    assert "the journal has been forked" in ran.stdout
