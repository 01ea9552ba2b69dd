"""Whom an outage covers: who left a trace, and without one only those for whom a unit head has spoken."""

import json
from collections.abc import Callable
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from hadir.office.acts.models import OutboxRow
from hadir.office.excuses.actions import (
    approve_excuse,
    attest_excuse,
    enter_excuse,
    vouch_outage,
)
from hadir.office.excuses.kinds import OUTAGE, Cause, Scope
from hadir.office.excuses.models import Excuse
from hadir.office.follower import rebuilding
from hadir.office.ground.act_error import ActError
from hadir.office.intake.models import PinHolder, Terminal
from hadir.office.judging.excuse_effects import ON_PAPER, Concerned, Part, effects
from hadir.office.judging.judging import JudgeContext
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.rules.clocks import Period
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.morning import Morning
from tests.office.test_outages import HASAN, JOKO, LINA, RINA, WATI, arrival, dead_gate

__all__ = ["dead_gate"]

pytestmark = pytest.mark.django_db

MESIN = "Mesin-1"
EVENING = at(0, 10, day=25)
"""A missing arrival is judged when the day has ended: taps count until midnight."""
DEWI_HEAD = Actor(person=demo.DEWI, grants=(Grant(role=Role.UNIT_HEAD, path="/1/6/"),))


def approved_by_the_agency_alone(row: Excuse, morning: Morning) -> Excuse:
    """Lina attests what the journal measured, Rina approves: no head has said anything."""
    attest_excuse(number=row.number, by=ActBy(LINA, at(9, 0), "Sesuai jurnal."))
    row = approve_excuse(number=row.number, by=ActBy(RINA, at(9, 30), "Sesuai jurnal."))
    morning.follow(EVENING)
    return row


def is_excused(person: int) -> bool:
    row = VerdictRow.objects.filter(person=person).first()
    return row is not None and row.body["arrival"]["status"] == "excused"


def test_who_left_no_trace_is_not_covered_by_an_outage_alone(dead_gate: Excuse, morning: Morning) -> None:
    approved_by_the_agency_alone(dead_gate, morning)
    assert arrival(demo.BUDI)[0] == "excused", "his tap shows that he was there"
    assert not is_excused(demo.SARI), "nothing shows that she was"


def test_what_it_changes_is_judged_in_parts_that_lose_nobody(
    dead_gate: Excuse, morning: Morning, context: JudgeContext
) -> None:
    approved_by_the_agency_alone(dead_gate, morning)
    for person in (demo.SARI, demo.WATI, demo.HASAN):
        morning.tap(person, "in", at(8, 10))
    morning.follow(EVENING)
    row = Excuse.objects.get(number=dead_gate.number)
    whole = effects(context, row, Concerned.below(["/1/"], row), now_ms=EVENING, part=ON_PAPER)
    assert not whole.is_cut
    parts = [
        effects(context, row, Concerned.below(["/1/"], row), now_ms=EVENING, part=Part(number, days=1))
        for number in range(1, whole.open_days + 1)
    ]
    assert [one.is_cut for one in parts] == [True] * whole.open_days
    assert whole.open_days == sum(one.judged for one in parts)
    changed = {change.person.number for one in parts for change in one.changes}
    assert changed == {change.person.number for change in whole.changes} != set()
    assert (parts[0].before, parts[-1].after) == (None, None)


def test_a_departure_alone_is_a_trace(dead_gate: Excuse, morning: Morning) -> None:
    approved_by_the_agency_alone(dead_gate, morning)
    morning.tap(demo.SARI, "out", at(16, 5))
    morning.follow(EVENING)
    assert is_excused(demo.SARI)


def test_a_heads_word_covers_his_people_without_a_trace_and_nobody_elses(dead_gate: Excuse, morning: Morning) -> None:
    approved_by_the_agency_alone(dead_gate, morning)
    vouch_outage(number=dead_gate.number, by=ActBy(HASAN, at(10, 0), "Semua guru hadir."))
    morning.follow(EVENING)
    assert is_excused(demo.SARI)
    assert is_excused(demo.WATI)
    assert not is_excused(demo.DEWI), "another unit's head has not spoken"
    vouch_outage(number=dead_gate.number, by=ActBy(DEWI_HEAD, at(10, 2), "Semua hadir."))
    morning.follow(EVENING)
    assert is_excused(demo.TONO)
    assert not is_excused(demo.DEWI), "nobody speaks for himself"


def test_a_head_who_attests_has_spoken(dead_gate: Excuse, morning: Morning) -> None:
    attest_excuse(number=dead_gate.number, by=ActBy(HASAN, at(9, 0), "Semua HP menunggu."))
    approve_excuse(number=dead_gate.number, by=ActBy(RINA, at(9, 30), "Sesuai jurnal."))
    morning.follow(EVENING)
    assert is_excused(demo.SARI)
    assert not is_excused(demo.DEWI)


def test_a_heads_word_is_a_record_that_names_for_whom(dead_gate: Excuse, morning: Morning) -> None:
    approved_by_the_agency_alone(dead_gate, morning)
    vouch_outage(number=dead_gate.number, by=ActBy(HASAN, at(10, 0), "Semua guru hadir."))
    body = json.loads(bytes(OutboxRow.objects.filter(act="excuse.vouch").latest("seq").body))
    assert (body["act"], body["by"]) == ("excuse.vouch", demo.HASAN)
    assert body["after"].endswith(" present /1/2/3/")


def test_only_a_head_speaks_once_and_not_who_approved(dead_gate: Excuse, morning: Morning) -> None:
    approved_by_the_agency_alone(dead_gate, morning)
    both = Actor(person=demo.RINA, grants=(*RINA.grants, Grant(role=Role.UNIT_HEAD, path="/1/4/")))
    for other in (RINA, LINA, JOKO, WATI, both):
        with pytest.raises(PermissionDenied):
            vouch_outage(number=dead_gate.number, by=ActBy(other, at(10, 0), "x"))
    with pytest.raises(ActError):
        vouch_outage(number=dead_gate.number, by=ActBy(HASAN, at(10, 0), " "))
    vouch_outage(number=dead_gate.number, by=ActBy(HASAN, at(10, 0), "Hadir."))
    with pytest.raises(PermissionDenied):
        vouch_outage(number=dead_gate.number, by=ActBy(HASAN, at(10, 1), "Hadir."))


def test_a_heads_inbox_asks_for_his_word_and_the_page_says_for_how_many(
    dead_gate: Excuse, morning: Morning, hasan: Client, rina: Client, clock: Callable[[int], None]
) -> None:
    clock(EVENING)
    for client, login in ((hasan, "hasan"), (rina, "rina")):
        client.cookies = browser(login).cookies
    approved_by_the_agency_alone(dead_gate, morning)
    assert "orang tidak punya catatan apa pun" in rina.get(f"/kantor/keterangan/{dead_gate.number}/").content.decode()
    assert "Nyatakan pegawai saya hadir" in hasan.get("/kantor/tugas/").content.decode()
    page = hasan.get(f"/kantor/keterangan/{dead_gate.number}/nyatakan/").content.decode()
    assert "Sari Wulandari" in page
    assert "Dewi Lestari" not in page
    answer = hasan.post(f"/kantor/keterangan/{dead_gate.number}/nyatakan/", {"reason": "Semua guru hadir."})
    assert answer["Location"].endswith("selesai=vouch")
    assert "Nyatakan pegawai saya hadir" not in hasan.get("/kantor/tugas/").content.decode()


def test_rebuilt_from_nothing_a_heads_word_still_counts(dead_gate: Excuse, morning: Morning) -> None:
    approved_by_the_agency_alone(dead_gate, morning)
    vouch_outage(number=dead_gate.number, by=ActBy(HASAN, at(10, 0), "Semua guru hadir."))
    morning.follow(EVENING)
    before = rebuilding.verdict_digest()
    assert rebuilding.rebuild(morning.context, now_ms=EVENING) == before
    assert is_excused(demo.SARI)


# --- one terminal -----------------------------------------------------------------------------------------------------


def test_an_outage_of_a_terminal_covers_only_those_who_have_a_pin_on_it(morning: Morning) -> None:
    terminal = Terminal.objects.create(serial=MESIN, first_seen_ms=at(6, 0))
    for pin, (person, until) in enumerate(((demo.SARI, None), (demo.WATI, date(2026, 11, 20))), 1):
        PinHolder.objects.create(
            terminal=terminal,
            pin=str(pin),
            person_id=person,
            from_date=date(2026, 1, 1),
            until_date=until,
            recorded_at_ms=at(6, 0),
        )
    morning.tap(demo.BUDI, "in", at(7, 45), signed_ms=at(7, 44))
    entry = Excuse.within(
        kind=OUTAGE,
        scope=Scope.TERMINAL,
        unit=Unit.objects.get(number=demo.SCHOOL),
        terminal=MESIN,
        period=Period(at(7, 0), at(8, 0)),
        basis="Pasal 22",
        cause=Cause.TERMINAL,
    )
    row = enter_excuse(entry=entry, people=(), by=ActBy(WATI, at(9, 0), "Mesin mati."))
    attest_excuse(number=row.number, by=ActBy(HASAN, at(9, 1), "Benar."))
    approve_excuse(number=row.number, by=ActBy(RINA, at(9, 2), "Sah."))
    morning.follow(EVENING)
    assert is_excused(demo.SARI)
    assert arrival(demo.BUDI)[0] == "short", "he has no PIN there: his phone worked"
    assert not is_excused(demo.WATI), "her PIN had ended"


def test_an_outage_of_an_unknown_terminal_is_not_taken(wati: Client) -> None:
    fields = {
        "from_date": "2026-11-24", "from_time": "07:00", "until_date": "2026-11-24", "until_time": "08:00",
        "tail_minutes": "15", "cause": "terminal", "basis": "Pasal 22", "terminal": "TIDAK-ADA", "reason": "Mati.",
    }  # fmt: skip
    answer = wati.post("/kantor/gangguan/unit/3/lapor/", fields)
    assert answer.status_code == 400
    assert "Mesin dengan nomor seri ini tidak ada" in answer.content.decode()
    assert not Excuse.objects.exists()
