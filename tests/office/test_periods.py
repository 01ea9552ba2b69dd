"""Periods as people say them: the last day that belongs to it, on every page that shows one."""

from datetime import date

import pytest
from django.test import Client

from hadir.office.page.periods import period_words, span_words
from hadir.texts import Lang
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_excuses import entered

ZONE = "Asia/Makassar"


@pytest.mark.parametrize(
    ("first", "until", "said"),
    [
        ((2026, 11, 25), (2026, 11, 26), "25 November 2026"),
        ((2026, 11, 26), (2026, 11, 28), "26-27 November 2026"),
        ((2026, 11, 30), (2026, 12, 3), "30 November - 2 Desember 2026"),
        ((2026, 12, 31), (2027, 1, 2), "31 Desember 2026 - 1 Januari 2027"),
        ((2026, 11, 1), (2026, 12, 1), "1-30 November 2026"),
        ((2026, 11, 1), None, "mulai 1 November 2026"),
        ((2026, 11, 1), (2026, 11, 1), "tidak pernah berlaku"),
    ],
)
def test_a_period_names_its_last_day(
    first: tuple[int, int, int], until: tuple[int, int, int] | None, said: str
) -> None:
    assert period_words(date(*first), date(*until) if until else None, "id") == said


def test_the_same_words_in_english() -> None:
    assert period_words(date(2026, 12, 31), date(2027, 1, 2), "en") == "31 December 2026 - 1 January 2027"
    assert period_words(date(2026, 12, 31), None, "en") == "from 31 December 2026"


@pytest.mark.parametrize(
    ("until_ms", "is_whole", "lang", "said"),
    [
        (at(0, 0, day=26), True, "id", "25 November 2026"),
        (at(0, 0, day=28), True, "en", "25-27 November 2026"),
        (at(9, 0, day=25), False, "id", "25 November 2026 pukul 00.00\N{EN DASH}09.00 WITA"),
        (at(9, 0, day=25), False, "en", "25 November 2026 00:00\N{EN DASH}09:00 WITA"),
        (
            at(9, 0, 7, day=26), False, "id",
            "25 November 2026 pukul 00.00 - 26 November 2026 pukul 09.00.07 WITA",
        ),
    ],
)  # fmt: skip
def test_a_span_of_whole_days_is_said_by_its_days(until_ms: int, is_whole: bool, lang: Lang, said: str) -> None:  # noqa: FBT001 - a case
    found = span_words(at(0, 0, day=25), until_ms, zone=ZONE, is_whole_days=is_whole, lang=lang)
    assert found == said


@pytest.mark.django_db
def test_one_day_of_leave_is_one_day_wherever_it_is_shown(morning: Morning, hasan: Client, wati: Client) -> None:
    row = entered(wati, demo.SARI, kind="CT", from_date="2026-11-25", until_date="2026-11-25")
    entered(wati, demo.BUDI, kind="CT", from_date="2026-11-27", until_date="2026-11-28")
    lists = (
        "/kantor/tugas/",
        f"/kantor/keterangan/unit/{demo.SCHOOL}/",
        f"/kantor/keterangan/unit/{demo.SCHOOL}/akui/",
    )
    for path in (f"/kantor/keterangan/{row.number}/", *lists):
        page = text_of(hasan.get(path).content.decode())
        assert "25 November 2026" in page, path
        assert "26 November" not in page, path
        assert ("27-28 November 2026" in page) == (path in lists), path
        assert "29 November" not in page, path
