"""Every code that the rules can say has a sentence in both languages, with exactly its parameters."""

from __future__ import annotations

import json
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import hadir
from hadir.rules import (
    PARAMS,
    DayStatus,
    Direction,
    Grade,
    Identity,
    MonthLine,
    PartStatus,
    ReasonCode,
    Review,
    Side,
    Source,
    Suggestion,
    TapRole,
)

TEXTS: dict[str, dict[str, str]] = json.loads((Path(hadir.__file__).parent / "texts" / "rules.json").read_text("utf-8"))
WORDS = {
    *(f"status.{status}" for status in DayStatus),
    *(f"part.{status}" for status in PartStatus),
    *(f"side.{side}" for side in Side),
    *(f"direction.{direction}" for direction in Direction),
    *(f"source.{source}" for source in Source),
    *(f"identity.{identity}" for identity in Identity),
    *(f"suggest.{suggestion}" for suggestion in Suggestion),
    *(f"role.{role}" for role in TapRole),
    *(str(line) for line in MonthLine),
    *(grade.word for grade in Grade),
    *(review.word for review in Review),
}
NEVER_ON_SCREEN = ("server", "sinkron", "token", "ditolak", "dimaafkan", "alpa", "!")


def params_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    assert set(TEXTS) == {str(code) for code in ReasonCode} | WORDS


@pytest.mark.parametrize("key", sorted(TEXTS))
@pytest.mark.parametrize("language", ["id", "en"])
def test_a_sentence_takes_the_parameters_of_its_code(key: str, language: str) -> None:
    codes: dict[str, Any] = {str(code): names for code, names in PARAMS.items()}
    assert params_of(TEXTS[key][language]) == set(codes.get(key, ()))
    assert TEXTS[key][language].strip() == TEXTS[key][language] != ""


@pytest.mark.parametrize("word", NEVER_ON_SCREEN)
def test_no_text_blames_or_speaks_jargon(word: str) -> None:
    assert [key for key, text in TEXTS.items() if word in text["id"].lower()] == []


def test_the_words_of_the_house_are_used() -> None:
    assert TEXTS["headline.late_provisional"]["id"].format(minutes=12, code="TL1") == (
        "Terlambat 12 menit (TL1), sementara"
    )
    assert TEXTS["status.not_yet"]["id"] == "Belum tercatat"
    assert TEXTS["status.undecided"]["id"] == "Belum diputuskan"
    assert TEXTS["status.excused"]["id"] == "Tanpa potongan (gangguan sistem)"
    assert TEXTS["suggest.record_in"]["id"] == "Salah tekan? Catat Masuk"
    assert [TEXTS[grade.word]["id"] for grade in Grade] == [
        "langsung",
        "disaksikan",
        "diapit dua waktu",
        "satu waktu",
        "catatan HP",
    ]
