"""The tables that stand open on a law's page: each row has its article and certainty; what is borrowed says so."""

import re
from html import unescape

import pytest
from django.test import Client

from hadir.config import shipped
from hadir.office.ground.laws import law_on, laws
from hadir.rules.policy import Certainty, PolicySet
from hadir.texts import LANGS, Lang, render
from tests.office.lawdesk import TUESDAY

pytestmark = pytest.mark.django_db

SETS = ("permentan-68-2012", "batola", "kemenkeu-pmk-221-2021", "kemenag", "sragen")
OPEN = re.compile(r'<table[^>]*data-table="([^"]+)"[^>]*>(.*?)</table>', re.DOTALL)
ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)


def shown(client: Client, name: str, lang: Lang) -> str:
    client.cookies["hadir_bahasa"] = lang
    answer = client.get(f"/kantor/aturan/peraturan/{name}/?tanggal={TUESDAY}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def tables(text: str) -> dict[str, list[str]]:
    """By name, the last cell of each row."""
    return {
        name: [CELL.findall(row)[-1] for row in ROW.findall(body.partition("<tbody>")[2])]
        for name, body in OPEN.findall(text)
    }


def paths_of(known: PolicySet, name: str) -> list[str]:
    """The values that an open table shows, in the order of its rows."""
    policy = law_on(shipped("policies"), known.name, TUESDAY)
    side = {"late": (policy.arrival, "no_arrival"), "early": (policy.departure, "no_departure")}[name]
    return [*(f"{name}.{row.code}" for row in side[0].classes), side[1]]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", SETS)
def test_each_row_has_its_article_and_certainty(joko: Client, context: object, name: str, lang: Lang) -> None:
    found = tables(shown(joko, name, lang))
    words = [render(f"law.certainty.{one.value}", lang) for one in Certainty]
    assert {"late", "early", "office-5-day", "law.section.absent", "law.section.excuses"} <= set(found)
    for table, rows in found.items():
        assert rows, table
        for cell in rows:
            article = cell.partition('<span lang="id">')[2].partition("</span>")[0]
            assert article.strip(), (table, cell)
            assert any(word in cell for word in words), (table, cell)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", SETS)
def test_a_table_says_what_of_it_is_borrowed(joko: Client, context: object, name: str, lang: Lang) -> None:
    known, text = laws(shipped("policies"))[name], shown(joko, name, lang)
    word, note = render("law.borrowed", lang), render("law.table.borrowed", lang)
    for table in ("late", "early"):
        of_table = text.partition(f'data-table="{table}"')[0].rpartition("<h2>")[2]
        rows, borrowed = tables(text)[table], []
        for path, cell in zip(paths_of(known, table), rows, strict=True):
            one = known.provenance(path, TUESDAY)
            assert one is not None
            assert one.article in cell
            assert render(f"law.certainty.{one.certainty.value}", lang) in cell
            assert (f"· {word}" in cell) == one.borrowed, (table, path)
            borrowed.append(one.borrowed)
        assert (note in of_table) == any(borrowed), table


def test_the_borrowed_table_of_batola_and_the_own_one_of_the_ministry(joko: Client, context: object) -> None:
    """By hand, beside the tests that read the file as the page does."""
    assert "Permentan 68/2012" in tables(shown(joko, "batola", "id"))["late"][0]
    assert "pinjaman" in tables(shown(joko, "batola", "id"))["late"][0]
    assert "borrowed" in tables(shown(joko, "batola", "en"))["early"][-1]
    assert "pinjaman" not in tables(shown(joko, "permentan-68-2012", "id"))["late"][0]
    folded = re.findall(r"<summary>([^<]*)</summary>", shown(joko, "batola", "id"))
    assert any(one.endswith("pinjaman") for one in folded)
