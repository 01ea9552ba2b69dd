"""Whatever stands in an address, a question or a form, the office answers: no page breaks on a caller's words."""

import re
import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.signals import got_request_exception
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from hadir.office import settings as office_settings
from hadir.office.intake.pin_list import read_pin_list
from hadir.office.page.asked import day_asked, month_asked, number_asked
from tests.office.conftest import browser
from tests.office.test_register import faults, listed, look

OFFICE = Path(office_settings.__file__).parent
_READ = re.compile(r"""(?:GET|POST|FILES)(?:\.get|\.getlist)?[(\[]["']([a-z_0-9]+)""")
_FIELD = re.compile(r"""^    ([a-z_]+) = (?:forms\.)?\w+Field|name=["']([a-z_0-9]+)["']""", re.MULTILINE)
_PARAMETER = re.compile(r"<(\w+):\w+>")
#: What an address may hold where it has a parameter: the first is as people have it.
IN_ADDRESS = {
    "number": ("5", "0", "4294967296", str(2**63), "9" * 41),
    "day": ("2026-11-24", "0001-01-01", "9999-12-31", "2026-02-30"),
    "month": ("2026-11", "0001-01", "9999-12", "2026-13"),
    "hash": ("A" * 43,),
    "str": ("x", "%00", "%C2%B2", "x" * 300),
    "slug": ("x", "x" * 300),
}
WORDS = ("\0", "\u00b2", "9" * 30, "0001-01-01", "9999-12-31", "9999-12")
#: It ends the session.
PASSED_OVER = ("keluar",)


def routes(found: URLResolver, before: str = "/") -> Iterator[str]:
    for one in found.url_patterns:
        if isinstance(one, URLPattern):
            yield before + str(one.pattern)
        else:
            yield from routes(one, before + str(one.pattern))


def addresses(place: int) -> list[str]:
    """Every address of the office, with what stands at that place of `IN_ADDRESS`."""

    def fill(found: re.Match[str]) -> str:
        values = IN_ADDRESS[found[1]]
        return values[min(place, len(values) - 1)]

    filled = {_PARAMETER.sub(fill, route) for route in routes(get_resolver())}
    return sorted(address for address in filled if not any(word in address for word in PASSED_OVER))


def names() -> list[str]:
    """Of everything that a view, a form or a page reads."""
    read = {name for path in OFFICE.rglob("*.py") for name in _READ.findall(path.read_text(encoding="utf-8"))}
    sources = [*OFFICE.rglob("*.py"), *OFFICE.rglob("*.html")]
    fields = {a or b for path in sources for a, b in _FIELD.findall(path.read_text(encoding="utf-8"))}
    return sorted(read | fields)


def broken_pages(asked: list[tuple[str, str, dict[str, str]]]) -> list[str]:
    """Of these (method, address, fields), those at which a program broke, and where. Nothing that they do stays."""
    client = browser("rina")
    client.raise_request_exception = False
    found: list[str] = []

    def note(**_: object) -> None:
        found.append(f"{method} {address} {set(fields.values())}: {traceback.format_exc().splitlines()[-1]}")

    got_request_exception.connect(note)
    try:
        for method, address, fields in asked:
            with transaction.atomic():
                getattr(client, method.lower())(address, fields)
                transaction.set_rollback(True)
    finally:
        got_request_exception.disconnect(note)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("place", range(1, max(map(len, IN_ADDRESS.values()))))
def test_an_address_with_any_number_or_day_has_an_answer(context: object, place: int) -> None:
    assert broken_pages([("GET", address, {}) for address in addresses(place) if address not in addresses(0)]) == []


@pytest.mark.django_db
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_question_or_form_of_any_words_has_an_answer(context: object, method: str, word: str) -> None:
    fields = dict.fromkeys(names(), word)
    assert broken_pages([(method, address, fields) for address in addresses(0)]) == []


def test_what_is_no_number_or_day_of_ours_is_none() -> None:
    assert (number_asked("0"), number_asked("4294967295")) == (0, 2**32 - 1)
    for text in ("", "-1", "+1", " 1", "1_0", "\u00b2", "\u0663", "9" * 11, "1\n", "0x1"):
        assert number_asked(text) is None, text
    assert day_asked("2026-11-24") == date(2026, 11, 24)
    assert month_asked("2026-11") == date(2026, 11, 1)
    for text in (
        "",
        "0001-01-01",
        "9999-12-31",
        "2026-02-30",
        "2026-W48-2",
        "20261124",
        "2026-11-24\n",
        "\u0662026-11-24",
    ):
        assert day_asked(text) is None, text


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_list_takes_no_day_of_another_age(day: str) -> None:
    staff = look(listed(f"Maya,PNS,Dinas Pendidikan,{day}", head="Nama,Jenis pegawai,Unit,Mulai"))
    assert faults(staff) == [(2, "from", "register.fault.bad_day")]
    _, bad = read_pin_list(f"serial,pin,person,from\nA,1,1001,{day}\n".encode())
    assert [fault.code for fault in bad] == ["intake.list.bad_day"]
