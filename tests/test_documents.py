"""What the documents claim is what the code has."""

import argparse
import re
from pathlib import Path

from hadir import owners
from hadir.cli import _parser
from hadir.config import SETTINGS
from hadir.gate.waiting import NotReadyReason
from hadir.records.kinds import KIND_OF_TYP, Kind
from hadir.records.refusals import Refusal
from hadir.texts import LANGS, catalogue
from rehearsal.figures import headline, read_figures, read_headline

ROOT = Path(__file__).resolve().parents[1]
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
FORMAT = (ROOT / "docs" / "record-format.md").read_text(encoding="utf-8")


def test_every_setting_stands_in_operating_and_no_other() -> None:
    assert set(re.findall(r"`(HADIR_[A-Z_]+)`", OPERATING)) == set(SETTINGS)


def test_no_other_environment_variable_is_named_in_the_code() -> None:
    named = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"\bHADIR_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    assert named <= set(SETTINGS)


def test_every_refusal_has_two_texts_and_a_line_in_operating() -> None:
    lines = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", OPERATING, flags=re.MULTILINE))
    assert lines == {refusal.code: str(refusal.status) for refusal in Refusal}
    for refusal in Refusal:
        assert all(catalogue()[f"refusal.{refusal.code}"][lang] for lang in LANGS)


def test_every_command_in_operating_is_one_with_these_options() -> None:
    spans = re.findall(r"`(hadir [^`]+)`", OPERATING) + re.findall(r"^    (hadir .+)$", OPERATING, flags=re.MULTILINE)
    assert len(spans) > 20
    for span in spans:
        parser = _parser([])
        for word in re.sub(r"[\[\]]", " ", span).split()[1:]:
            parts = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
            if parts and word in parts[0].choices:
                parser = parts[0].choices[word]
            else:
                assert not parts or word.startswith(("-", "…")), span
            if word.startswith("--"):
                assert word in parser.format_help(), span


def test_every_command_is_read_alone_as_it_is_among_all() -> None:
    def words(asked: list[str]) -> dict[str, argparse.ArgumentParser]:
        (parts,) = (one for one in _parser(asked)._actions if isinstance(one, argparse._SubParsersAction))
        return dict(parts.choices)

    for word, among_all in words([]).items():
        assert words([word])[word].format_help() == among_all.format_help()


def test_every_reason_of_a_gate_that_waits_has_two_texts_and_a_row_at_07_25() -> None:
    rows = [line for line in OPERATING.splitlines() if line.startswith("| `/readyz` 503, ")]
    told = {code for row in rows for code in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert told == {reason.value for reason in NotReadyReason}
    assert all(reason.members["id"] and reason.members["en"] for reason in NotReadyReason)


def test_every_unit_that_operating_names_ships() -> None:
    for unit in re.findall(r"\bhadir-[a-z]+\b", OPERATING):
        assert (ROOT / "deploy" / f"{unit}.service").exists(), unit


def test_every_kind_and_type_stands_in_the_format() -> None:
    for kind in Kind:
        assert re.search(rf"^\| (`[\w-]+\+jws` \| )?{kind.value} \|", FORMAT, flags=re.MULTILINE), kind
    for typ in KIND_OF_TYP:
        assert f"`{typ}`" in FORMAT


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_headline_of_the_readme_is_what_the_drill_measured() -> None:
    figures = read_figures((ROOT / "docs" / "figures.md").read_text(encoding="utf-8"), "drill")
    assert read_headline((ROOT / "README.md").read_text(encoding="utf-8")) == headline(figures)


def test_whose_each_path_is_stands_in_operating() -> None:
    names = {owners.OPERATOR: "root", owners.GATE: "hadir-gate", owners.OFFICE: "hadir-office", owners.BOTH: "hadir"}
    told = re.findall(r"^\| `([^`]+)` \| `([\w-]+)` \| `([\w-]+)` \| (\d{4}) \|$", OPERATING, flags=re.MULTILINE)
    assert told == [(path, names[owner], names[group], f"{mode:04o}") for path, owner, group, mode in owners.TABLE]
