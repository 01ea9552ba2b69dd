"""The recipes of CONTRIBUTING.md, each carried out on a copy of the tree: so many files, tests aside, and it works."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("src", "rehearsal", "policies", "tests", "vectors", "docs", "pyproject.toml", "CONTRIBUTING.md")


class Scratch:
    """A copy of the tree that a recipe changes. `touched` are the files that it changed, tests aside.

    What is compiled already is copied too: a changed file's own time makes it stale.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder
        for name in COPIED:
            if (ROOT / name).is_dir():
                skip = shutil.ignore_patterns("*.egg-info", ".*", "node_modules")
                shutil.copytree(ROOT / name, folder / name, ignore=skip)
            else:
                shutil.copy(ROOT / name, folder / name)
        self._before = self._digests()

    def _digests(self) -> dict[str, str]:
        files = (one for one in self.root.rglob("*") if one.is_file() and "__pycache__" not in one.parts)
        return {str(one.relative_to(self.root)): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}

    @property
    def touched(self) -> list[str]:
        changed = self._digests().items() ^ self._before.items()
        return sorted({name for name, _ in changed if not name.startswith(("tests/", "."))})

    def add(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        assert not file.exists(), name
        file.write_text(text, encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        file = self.root / name
        file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        file = self.root / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name}: {old!r} stands there {text.count(old)} times"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def python(self, *words: str) -> str:
        """What a program of the copy says; nothing of the real tree is on its path."""
        paths = (self.root / "src", self.root / "rehearsal" / "src", self.root)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HADIR", "DJANGO"))}
        done = subprocess.run(
            [sys.executable, *words], cwd=self.root, env={**clean, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            capture_output=True, text=True, check=False, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout

    def test(self, *which: str) -> None:
        self.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *which)


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path)


NEW_LEAVE = """
  excuses:
    CKA:
      - from: 2026-01-01
        value:
          kind: leave
          reach: period
          days: [{from_day: 1, percent: 1.5}]
          name: {id: Cuti kematian, en: Bereavement leave}
        article: Perbup 1/2026
        source: *share
        certainty: I
"""
LEAVE_CASE = """
- case: "batola: CKA, day 1, costs 1.5 %"
  policy: batola
  duty: office-5-day
  zone: Asia/Makassar
  date: 2026-09-15
  punches: []
  names: [excuses.CKA]
  excuses: [{kind: CKA}]
  expect: {status: excused, code: CKA, deduction: 1.5}

- case: "batola: CKA until 10:00, arriving at 10:05: five minutes remain"
  policy: batola
  duty: office-5-day
  zone: Asia/Makassar
  date: 2026-09-15
  names: [excuses.CKA]
  excuses: [{kind: CKA, from: "07:30", until: "10:00"}]
  punches: [{in: "10:05:00"}, {out: "16:00:00"}]
  expect: {arrival: {class: TL1, minutes: 5, status: short}, deduction: 0.94, status: present}
"""
ASKED = """
from pathlib import Path
from hadir.office.ground.laws import excuse_names, own_excuse_names
folder = Path("policies")
assert "CKA" in excuse_names(folder)
print(own_excuse_names(folder)["CKA"]["en"])
"""
LEAVE_OFFERED = """
import pytest
from django.test import Client

from hadir.office.excuses.models import Excuse
from rehearsal.demo import cast as demo

pytestmark = pytest.mark.django_db
NEW = "/kantor/keterangan/unit/3/baru/"


def test_the_form_offers_the_code_and_pages_call_it_by_its_name(wati: Client) -> None:
    assert "Cuti kematian (CKA)" in wati.get(NEW).content.decode()
    given = {"kind": "CKA", "from_date": "2026-11-26", "until_date": "2026-11-26", "reason": "Ayah."}
    wati.post(NEW, {**given, "people": [str(demo.SARI)], "yakin": "1"})
    page = wati.get(f"/kantor/keterangan/{Excuse.objects.get().number}/").content.decode()
    assert "Cuti kematian" in page
"""


def test_a_leave_code_is_two_files(scratch: Scratch) -> None:
    scratch.append("policies/batola.yaml", NEW_LEAVE)
    scratch.append("policies/cases/leave-bands.yaml", LEAVE_CASE)
    assert scratch.touched == ["policies/batola.yaml", "policies/cases/leave-bands.yaml"]
    scratch.test("tests/rules/test_cases.py", "-k", "CKA")
    scratch.test("tests/rules/test_policy_files.py", "tests/rules/test_texts.py")
    assert scratch.python("-c", ASKED).strip() == "Bereavement leave"
    scratch.add("tests/office/test_new_leave.py", LEAVE_OFFERED)
    scratch.test("tests/office/test_new_leave.py")


NEW_REACH = """
  excuses:
    CSJ:
      - from: 2026-01-01
        value:
          kind: leave
          reach: day
          days: [{from_day: 1, percent: 0}]
          name: {id: Sumpah jabatan, en: Oath of office}
        article: Perbup 1/2026
        source: *share
        certainty: I
"""
REACH_CASE = """
- case: "batola: an hour's oath of office covers the day"
  policy: batola
  duty: office-5-day
  zone: Asia/Makassar
  date: 2026-09-15
  punches: []
  names: [excuses.CSJ]
  excuses: [{kind: CSJ, from: "09:00", until: "10:00"}]
  expect: {status: excused, code: CSJ, deduction: 0}
"""
REACH_HOLDS = """
from random import Random

from hadir.cli.law_files import policies_in_use
from hadir.rules import Direction, ExcusePeriod, Period, Precedents, impersonal, judge_day
from hadir.rules.laws import LAWS, search
from hadir.rules.search import places_of, tap

places = [one for one in places_of(policies_in_use()) if one.set_name == "batola"]
assert not any(search(law, place, range(60)).broken for law in LAWS for place in places)
policy, day = next(one for one in places if one.duty == "office-5-day").days[0]
hour = Period(day.start_ms + 5_400_000, day.start_ms + 9_000_000)
oath = ExcusePeriod(ref="-", period=hour, tail_minutes=0, article="-", code="CSJ")
facts = {"duty_day": day, "policy": policy, "excuses": [oath], "now_ms": day.day.until_ms}
docket, random = Precedents().docket(**facts), Random(1)
for _ in range(500):
    came, went = sorted(random.randrange(day.counts.from_ms, day.counts.until_ms) for _ in range(2))
    taps = [tap("in", Direction.IN, came), tap("out", Direction.OUT, went)]
    assert docket.verdict(taps) == impersonal(judge_day(taps=taps, **facts))
print("ok")
"""


def test_a_new_kind_of_credited_time_is_two_files_and_a_case(scratch: Scratch) -> None:
    """Leave that touches a day covers all of it: its reach is a line, and laws and precedents follow."""
    room = "src/hadir/rules/excuse.py"
    scratch.replace(room, '    HALF = "half"\n', '    HALF = "half"\n    DAY = "day"\n')
    for first in ("period.from_ms < day.arrive.until_ms", "day.depart.from_ms < period.until_ms"):
        scratch.replace(room, f"self is Reach.HALF and {first}", f"self is Reach.DAY or self is Reach.HALF and {first}")
    scratch.append("policies/batola.yaml", NEW_REACH)
    scratch.append("policies/cases/leave-bands.yaml", REACH_CASE)
    assert scratch.touched == ["policies/batola.yaml", "policies/cases/leave-bands.yaml", room]
    scratch.test("tests/rules/test_cases.py", "-k", "CSJ or oath")
    assert scratch.python("-c", REACH_HOLDS).strip() == "ok"


NEW_READER = '''"""Solution X100: semicolons, no header; the PIN, the time, and a key in words."""

from __future__ import annotations

from collections.abc import Sequence

from hadir.terminals.reading import VendorReader, Rows

_KEYS = {"MASUK": 0, "PULANG": 1}


def _claims(rows: Rows, time_column: int) -> bool:
    return time_column == 1 and any(cells[-1] in _KEYS for cells in rows)


def _pin_column(rows: Rows, time_column: int) -> int:
    return time_column - 1


def _key(behind: Sequence[str]) -> int | None:
    return _KEYS.get(behind[0]) if behind else None


SOLUTION = VendorReader(
    form="solution",
    claims=_claims,
    pin_column=_pin_column,
    key=_key,
    key_words=frozenset(_KEYS),
    separator=";",
)
'''
READER_TEST = """
from hadir.terminals.files import Layout, ParsedLine, read_file, read_line, without_names

FILE = b"0012;2026-11-24 07:21:05;MASUK\\r\\n0012;2026-11-24 16:02:00;PULANG\\r\\n"


def test_the_new_vendor_is_read_and_read_again_from_its_layout() -> None:
    found = read_file(FILE)
    assert found.layout.text == "solution utf-8 ymd 0 1"
    read = [line.read for line in found.lines]
    assert [(one.pin, one.shown, one.status) for one in read if isinstance(one, ParsedLine)] == [
        ("0012", "2026-11-24T07:21:05", 0), ("0012", "2026-11-24T16:02:00", 1),
    ]
    layout = Layout.parse(found.layout.text)
    for line in found.lines:
        assert read_line(line.raw, layout) == read_line(without_names(line.raw, layout), layout) == line.read
    assert without_names(b"0012;2026-11-24 07:21:05;SITI", layout) == b"0012;2026-11-24 07:21:05;"
"""


def test_a_terminal_vendor_is_two_files(scratch: Scratch) -> None:
    scratch.add("src/hadir/terminals/solution.py", NEW_READER)
    scratch.replace(
        "src/hadir/terminals/readers.py",
        "import ATTLOG, PUSH",
        "import ATTLOG, PUSH\nfrom hadir.terminals.solution import SOLUTION",
    )
    scratch.replace("src/hadir/terminals/readers.py", "(GLOG, ATTLOG, PUSH)", "(GLOG, SOLUTION, ATTLOG, PUSH)")
    assert scratch.touched == ["src/hadir/terminals/readers.py", "src/hadir/terminals/solution.py"]
    scratch.add("tests/terminals/test_solution.py", READER_TEST)
    scratch.test("tests/terminals")


PAGE_VIEW = '''"""How many people each unit has."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hadir.office.page.requests import OfficeRequest
from hadir.office.people.permissions import SEE_REGISTER
from hadir.office.units.queries import units_in_sight


@require_GET
def strength(request: OfficeRequest) -> HttpResponse:
    if not request.actor.paths(SEE_REGISTER.roles):
        raise PermissionDenied
    rows = units_in_sight(request.actor, SEE_REGISTER).annotate(people=Count("assignments__person", distinct=True))
    return render(request, "register/strength.html", {"rows": rows})
'''
PAGE_TEMPLATE = """{% extends "page/base.html" %}
{% block title %}{% t "strength.title" %}{% endblock %}
{% block main %}<h1>{% t "strength.title" %}</h1>
<ul>{% for row in rows %}<li>{{ row.name }}: {{ row.people }}</li>{% endfor %}</ul>{% endblock %}
"""
PAGE_TEXTS = """{
  "strength.title": {"id": "Jumlah pegawai", "en": "Number of people"}
}
"""
PAGE_TEST = """
import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_new_page_stands_in_the_menu_and_only_for_those_who_may(rina: Client, tono: Client) -> None:
    page = rina.get("/kantor/jumlah/").content.decode()
    assert page.count("Jumlah pegawai") >= 3, "title, heading, menu"
    assert tono.get("/kantor/jumlah/").status_code == 403
"""


def test_an_office_page_is_five_files(scratch: Scratch) -> None:
    room = "src/hadir/office/register"
    scratch.add(f"{room}/strength_views.py", PAGE_VIEW)
    scratch.add(f"{room}/templates/register/strength.html", PAGE_TEMPLATE)
    scratch.add("src/hadir/texts/strength.json", PAGE_TEXTS)
    scratch.replace(f"{room}/urls.py", "register import views", "register import strength_views, views")
    scratch.replace(
        f"{room}/urls.py",
        "urlpatterns = [",
        'urlpatterns = [\n    path("jumlah/", strength_views.strength, name="strength"),',
    )
    scratch.replace(
        f"{room}/frame.py",
        "menu=[",
        'menu=[\n        MenuEntry(place=125, code="strength.title", page="strength", rule=permissions.SEE_REGISTER),',
    )
    assert len(scratch.touched) == 5, scratch.touched
    scratch.add("tests/office/test_strength.py", PAGE_TEST)
    scratch.test("tests/office/test_strength.py")


FIELD_TEST = """
from hadir.gate.reading import Sent, Submission, read_sent
from hadir.records.kinds import PUNCH_KINDS
from hadir.records.refusals import Refused
from rehearsal.phones import Phone
from hadir.records.phone_records import PunchPayload
from hadir.records.strict import decode, encode
from tests.records.test_new_field_bytes import NEW, OLD


def test_the_bytes_of_before_are_read_and_written_as_before() -> None:
    assert encode(decode(OLD, PunchPayload)) == OLD


def test_a_punch_with_the_member_is_read_too() -> None:
    read = decode(NEW, PunchPayload)
    assert read.lane == "b"
    assert encode(read) == NEW


def test_a_text_that_turns_its_neighbours_round_is_refused_in_it_too() -> None:
    phone = Phone(7, "0" * 120)
    bad = phone.punch(lane="a\u202eb")
    assert isinstance(read_sent(Sent(record=phone.punch(lane="a")), PUNCH_KINDS), Submission)
    assert isinstance(read_sent(Sent(record=bad), PUNCH_KINDS), Refused)
"""
_MEMBERS = (
    '{"v":1,"id":"0193a8c0-0000-7000-8000-000000000001","person":1001,"direction":"in","wall_ms":1,"mono_ms":1,'
    '"origin_ms":0,"signed_time":null,"seq":1,"prev":null,"app":"1","details":[],"site_code":null'
)
FIELD_BYTES = f"OLD = b'''{_MEMBERS}}}'''\nNEW = b'''{_MEMBERS},\"lane\":\"b\"}}'''\n"
REFUSED_BEFORE = """
from hadir.records.phone_records import PunchPayload
from hadir.records.refusals import Refused
from hadir.records.strict import decode
from tests.records.test_new_field_bytes import NEW, OLD
decode(OLD, PunchPayload)
try:
    decode(NEW, PunchPayload)
except Refused as refused:
    print(refused.refusal.value)
"""


def test_an_optional_field_of_a_punch_is_read_beside_those_without_it(scratch: Scratch) -> None:
    scratch.add("tests/records/test_new_field_bytes.py", FIELD_BYTES)
    assert scratch.python("-c", REFUSED_BEFORE).strip(), "a gate of before refuses the member: gates are renewed first"
    records = "src/hadir/records/phone_records.py"
    scratch.replace(
        records,
        "class PunchPayload(PhonePayload, frozen=True):",
        "class PunchPayload(PhonePayload, frozen=True, kw_only=True, omit_defaults=True):",
    )
    scratch.replace(
        records,
        "class KioskPunch(PunchPayload, frozen=True):",
        "class KioskPunch(PunchPayload, frozen=True, kw_only=True):",
    )
    last = "    site_code: Annotated[str, Meta(min_length=1, max_length=64)] | None\n"
    scratch.replace(records, last, f"{last}    lane: Annotated[str, Meta(max_length=8)] | None = None\n")
    scratch.replace(
        "docs/record-format.md",
        "| `site_code` |",
        "| `lane` | absent, or string 0 … 8 | since 0.3 |\n| `site_code` |",
    )
    assert scratch.touched == ["docs/record-format.md", records]
    scratch.add("tests/records/test_new_field.py", FIELD_TEST)
    scratch.test("tests/records")
