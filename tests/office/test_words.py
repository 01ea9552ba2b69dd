"""Every page of the office speaks to people: no date or time of a program, no raw key, in neither language."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.forms import TimeField

from hadir.office.duties.forms import a_time
from hadir.office.excuses.forms import OutageForm
from hadir.office.manual.forms import SheetForm
from hadir.texts import render
from tests.office.test_looks import sheets
from tests.office.test_roles import Scene, scene
from tests.office.words import machine_words, shown_words

__all__ = ["scene"]

PAGES_MIN = 250


@pytest.mark.django_db
def test_no_page_shows_a_program_s_dates_times_or_keys(scene: Scene) -> None:
    told, seen = [], 0
    for sheet in sheets(scene):
        seen += 1
        found = machine_words(shown_words(sheet.body.decode()), sheet.lang)
        told += [f"{sheet.lang} {sheet.name}: {one}" for one in found]
    assert not told, "\n".join(told)
    assert seen >= PAGES_MIN


def test_what_the_reader_of_pages_finds() -> None:
    page = '<p title="no_arrival">24-11 <b>2026-11-24</b> <input value="2026-11-24"></p><code>2026-11-25</code> 07:30'
    told = machine_words(shown_words(page), "id")
    assert [one.partition(",")[0] for one in told] == ["'07:30'", "'2026-11-24'", "'no_arrival'"]
    assert not machine_words(shown_words("<p>24 November 2026 pukul 07.30 WITA</p>"), "id")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("id", "Masuk menunggu data HP pegawai unit kerja ini, paling lambat 3 Desember 2026, "),
        ("en", "The arrival waits for the data of this unit's phones, until 3 December 2026, "),
    ],
)
def test_a_stored_reason_is_told_in_words(lang: str, said: str) -> None:
    assert render("arrival.dark", lang, {"source": "phones/12", "due": "2026-12-03"}).startswith(said)  # type: ignore[arg-type]


def test_times_and_percentages_are_written_as_people_write_them() -> None:
    assert render("arrival.on_time", "id", {"at": "07:28:13"}) == "Masuk pukul 07.28.13, tepat waktu."
    assert render("arrival.on_time", "en", {"at": "07:28:13"}) == "In at 07:28:13, on time."
    assert "24 November 2026 pukul 23.59.07" in render("arrival.on_time", "id", {"at": "2026-11-24 23:59:07"})
    assert "2,00 %" in render("person.percent", "id", {"percent": "2"})
    assert "0.50 %" in render("person.percent", "en", {"percent": "0.5"})


@pytest.mark.parametrize("written", ["08:00", "08.00", "8.00", "8:00", "08.00.00"])
@pytest.mark.parametrize("field", [a_time(), SheetForm.base_fields["at"], OutageForm.base_fields["from_time"]])
def test_a_time_of_day_is_typed_as_people_write_it(field: TimeField, written: str) -> None:
    assert field.clean(written) == time(8, 0)


@pytest.mark.parametrize("written", ["8", "25.00", "08,00", "08.60"])
def test_what_is_no_time_of_day_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        a_time().clean(written)
