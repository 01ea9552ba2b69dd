"""The catalogue of sentences: a number and the word beside it agree."""

import re
from string import Formatter

import pytest

from hadir.rules.faults import SENTENCES
from hadir.texts import Lang, catalogue, render

CHOICE = re.compile(r"\{(\w+):([^|{}]+)\|([^{}]+)\}")
PRONOUNS = frozenset({"is", "are", "was", "were", "has", "have", "its", "their", "it", "they"})


#: Where one is no number that stands there: the clock of a drill runs many times as fast.
KEPT = {"drill.frame": "{speed} times"}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_one_entry_is_no_entries() -> None:
    assert render("law.roster.done.copy", "en", {"n": 1}) == "Recorded: 1 entry was copied."
    assert render("law.roster.done.copy", "en", {"n": "2"}) == "Recorded: 2 entries were copied."
    assert render("law.roster.done.copy", "id", {"n": 1}) == "Tercatat: 1 isian disalin."


def test_a_word_that_has_two_forms_somewhere_has_them_beside_every_number() -> None:
    english = {code: sentences["en"] for code, sentences in catalogue().items()}
    many = {choice[3].split()[0] for text in english.values() for choice in CHOICE.finditer(text)} - PRONOUNS
    bare = re.compile(rf"\{{\w+\}} (?:new |other |more |registered )?(?:{'|'.join(sorted(many))})\b")
    assert {code: found[0] for code, text in english.items() if (found := bare.search(text))} == KEPT


def test_only_english_chooses_and_both_languages_are_told_the_same() -> None:
    for code, sentences in catalogue().items():
        assert not CHOICE.search(sentences["id"]), code
        assert fields(sentences["en"]) <= fields(sentences["id"]), code


def test_what_is_wrong_in_a_document_is_said_by_the_catalogue_as_by_the_rules() -> None:
    english = {code: sentences["en"] for code, sentences in catalogue().items() if code.startswith("fault.")}
    assert english == {f"fault.{code}": sentence for code, sentence in SENTENCES.items()}
    assert all(fields(catalogue()[code]["id"]) == fields(sentence) for code, sentence in english.items())


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("id", "Pulang 16 September 2026 pukul 06.50, sesuai jadwal."),
        ("en", "Out 16 September 2026 at 06:50, as scheduled."),
    ],
)
def test_a_time_of_another_day_is_introduced_once(lang: Lang, said: str) -> None:
    assert render("departure.on_time", lang, {"at": "2026-09-16 06:50"}) == said


def test_a_code_of_an_excuse_is_said_by_its_name_and_one_without_a_name_as_it_is() -> None:
    params = {"excuse": "K-1", "percent": "0"}
    said = render("day.excused", "id", {**params, "code": "CT, DL"})
    assert said.startswith("Cuti tahunan, dinas luar (K-1)")
    assert render("day.excused", "en", {**params, "code": "XY"}).startswith("XY (K-1)")
