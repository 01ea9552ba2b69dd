"""Slips, keys and the roster that follows from them."""

import base64
import hashlib
import json
import re
import sqlite3
from collections.abc import Callable
from datetime import date

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.core.exceptions import PermissionDenied
from django.test import Client
from msgspec import structs

from hadir.gate.roster import STALE_AFTER_MS
from hadir.ledger.sqlite import SqliteJournal
from hadir.office.acts.models import OutboxRow
from hadir.office.day_pages.groups import needs_look
from hadir.office.day_pages.soft import days_of_revoked_phones
from hadir.office.devices.actions import (
    enrol_device,
    issue_slip,
    refuse_device,
    revoke_device,
)
from hadir.office.devices.models import Device, Slip
from hadir.office.devices.roster import REISSUE_AFTER_MS, publish_roster
from hadir.office.ground.act_error import ActError
from hadir.office.judging.judging import JudgeContext
from hadir.office.people.models import Assignment, AssignmentKind, Person
from hadir.office.projection.models import VerdictRow
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.worker import ROSTER_PAUSE_MS, Worker
from hadir.records.encoding import b64url, sha256
from hadir.records.note import open_note
from hadir.records.office_notes import CURRENT_NOTE, RosterNote
from hadir.records.server_records import Decision, read_device_act
from hadir.records.voucher import open_voucher
from hadir.site import Site
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning

DAY = date(2026, 11, 24)
pytestmark = pytest.mark.django_db

RINA = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))
WATI = Actor(person=demo.WATI, grants=(Grant(role=Role.OPERATOR, path="/1/2/3/"),))


def person(number: int) -> Person:
    return Person.objects.get(number=number)


@pytest.fixture
def kid(morning: Morning) -> str:
    """Sari's key, seen once."""
    morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(at(8, 0))
    return morning.phone(demo.SARI).kid


def test_a_slips_voucher_is_the_offices_word(site: Site) -> None:
    slip = issue_slip(person=person(demo.SARI), by=ActBy(WATI, at(8, 0)), office=site.office_signer())
    voucher = open_voucher(slip.voucher, site.key_list().verifiers("office").values())
    assert (voucher.person, voucher.slip) == (demo.SARI, slip.number)
    assert not voucher.expired(at(23, 59, day=24))


def test_nobody_issues_his_own_slip(site: Site) -> None:
    with pytest.raises(PermissionDenied):
        issue_slip(person=person(demo.WATI), by=ActBy(WATI, at(8, 0)), office=site.office_signer())


def assigned(from_date: date, until_date: date | None = None) -> Person:
    newcomer = Person.objects.create(number=9_001, full_name="Noor", employment="pns")
    Assignment.objects.create(
        person=newcomer,
        unit_id=demo.SCHOOL,
        kind=AssignmentKind.HOME,
        from_date=from_date,
        until_date=until_date,
        recorded_at_ms=0,
    )
    return newcomer


def test_whoever_comes_to_a_school_today_gets_a_slip_before_the_morning_is_over(site: Site) -> None:
    slip = issue_slip(person=assigned(date(2026, 11, 24)), by=ActBy(WATI, at(0, 5)), office=site.office_signer())
    assert slip.last_valid_day == date(2026, 12, 24)


def test_whoever_left_a_school_yesterday_gets_none_there_this_morning(site: Site) -> None:
    gone = assigned(date(2026, 1, 1), date(2026, 11, 24))
    issue_slip(person=gone, by=ActBy(WATI, at(23, 59, day=23)), office=site.office_signer())
    with pytest.raises(PermissionDenied):
        issue_slip(person=gone, by=ActBy(WATI, at(7, 59)), office=site.office_signer())


def test_nobody_confirms_his_own_phone(morning: Morning) -> None:
    morning.tap(demo.WATI, "in", at(7, 28))
    morning.follow(at(8, 0))
    with pytest.raises(PermissionDenied):
        enrol_device(kid=morning.phone(demo.WATI).kid, person=person(demo.WATI), by=ActBy(WATI, at(8, 1)))


def test_an_act_without_permission_leaves_no_trace(kid: str) -> None:
    tono = Actor(person=demo.TONO)
    before = OutboxRow.objects.count()
    with pytest.raises(PermissionDenied):
        enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(tono, at(8, 1)))
    assert not Device.objects.filter(kid=kid).exists()
    assert OutboxRow.objects.count() == before


def test_each_decision_is_a_record_of_numbers_and_codes(kid: str) -> None:
    enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    revoke_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 2), "HP Sari hilang"))
    decisions = OutboxRow.objects.filter(act__startswith="device.").order_by("seq")
    enrolled, revoked = (json.loads(bytes(row.body)) for row in decisions)
    assert (enrolled["act"], enrolled["object"], enrolled["by"]) == ("device.enrol", f"device/{kid}", demo.WATI)
    device = Device.objects.get(kid=kid)
    told = f"person/{demo.SARI} slip/{device.slip_id} from {device.from_ms} until"
    key = b64url(bytes(device.key))
    assert (enrolled["before"], enrolled["after"]) == ("pending", f"active {told} - key {key}")
    assert (revoked["before"], revoked["after"]) == ("active", f"revoked {told} {at(8, 2)} key {key}")
    assert "HP Sari" not in json.dumps(revoked)


def test_the_key_in_the_journal_is_the_one_that_signs(kid: str, morning: Morning) -> None:
    """Read from the act alone, as docs/record-format.md tells it."""
    enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    act = json.loads(bytes(OutboxRow.objects.filter(act__startswith="device.").latest("seq").body))
    key = base64.urlsafe_b64decode(act["after"].rpartition(" key ")[2] + "==")
    x, y = (base64.urlsafe_b64encode(half).decode().rstrip("=") for half in (key[:32], key[32:]))
    named = hashlib.sha256(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode()).digest()
    assert act["object"] == "device/" + base64.urlsafe_b64encode(named).decode().rstrip("=")
    signed, _, signature = morning.phone(demo.SARI).punch("out").rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + key)
    public.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))


def test_an_act_that_names_another_key_tells_nothing(kid: str) -> None:
    enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    last = OutboxRow.objects.filter(act__startswith="device.").latest("seq")
    act = msgspec.json.decode(bytes(last.body), type=Decision)
    assert act.after is not None
    other = act.after[:-86] + b64url(b"\1" * 64)
    assert read_device_act(act) is not None
    assert read_device_act(structs.replace(act, after=other)) is None
    assert read_device_act(structs.replace(act, after="active")) is None, "an act of before"
    assert read_device_act(structs.replace(act, act="fact.key")) is None


def test_the_second_decision_on_a_key_is_told_that_it_is_late(kid: str) -> None:
    enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    with pytest.raises(ActError) as caught:
        refuse_device(kid=kid, person=person(demo.SARI), by=ActBy(RINA, at(8, 2), "x"))
    assert caught.value.code == "devices.already_decided"


def test_a_confirmed_key_signs_from_its_slip_on(kid: str) -> None:
    """A tap made before the confirmation and delivered after it must not be flagged as too early."""
    device = enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    assert device.from_ms <= at(7, 28)


def test_the_roster_is_what_the_note_says(kid: str, site: Site) -> None:
    device = enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    version = publish_roster(site.roster_folder, office=site.office_signer(), site=site.name, now_ms=at(8, 2))
    text = (site.roster_folder / CURRENT_NOTE).read_text()
    body, _ = open_note(text, site.key_list().verifiers("office"))
    note = RosterNote.parse(body)
    file = site.roster_folder / note.file_name
    assert note.version == version
    assert sha256(file.read_bytes()) == note.sha256
    rows = sqlite3.connect(file).execute("SELECT key, person, from_ms, until_ms FROM device").fetchall()
    assert rows == [(bytes(device.key), demo.SARI, device.from_ms, None)]


def test_the_same_devices_make_no_new_roster(site: Site) -> None:
    office = site.office_signer()
    assert publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 0)) is not None
    assert publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 1)) is None


def test_a_damaged_roster_is_issued_again_when_the_follower_looks_at_it(site: Site) -> None:
    office = site.office_signer()
    version = publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 0))
    with (site.roster_folder / f"roster-{version}.sqlite").open("ab") as file:
        file.write(b"damage")
    assert publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 1)) == (version or 0) + 1
    assert publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 2)) is None


def test_the_same_devices_are_published_again_before_a_gate_calls_them_stale(site: Site) -> None:
    office = site.office_signer()
    publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 0))
    later_ms = at(8, 0) + REISSUE_AFTER_MS
    assert later_ms - at(8, 0) < STALE_AFTER_MS
    assert publish_roster(site.roster_folder, office=office, site=site.name, now_ms=later_ms) is not None


def test_a_crash_before_the_note_keeps_the_old_roster(kid: str, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    office = site.office_signer()
    first = publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 0))
    enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    with monkeypatch.context() as patch:
        patch.setattr("hadir.office.devices.roster.write_durably", _power_cut)
        with pytest.raises(ConnectionAbortedError):
            publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 2))
    body, _ = open_note((site.roster_folder / CURRENT_NOTE).read_text(), site.key_list().verifiers("office"))
    assert RosterNote.parse(body).version == first
    assert (site.roster_folder / RosterNote.parse(body).file_name).exists()
    assert publish_roster(site.roster_folder, office=office, site=site.name, now_ms=at(8, 3)) == (first or 0) + 1


def _power_cut(*_: object, **__: object) -> None:
    raise ConnectionAbortedError


def test_a_revocation_reaches_the_roster_within_a_minute(
    kid: str, context: JudgeContext, site: Site, clock: Callable[[int], None]
) -> None:
    enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    journal = SqliteJournal(site.journal_folder("office"), site.office_signer())
    worker = Worker(context=context, clock=site.clock(), journal=journal, office=site.office_signer())
    worker.step()
    revoke_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 2), "Hilang."))
    worker.published_mono_ms -= ROSTER_PAUSE_MS
    worker.step()
    body, _ = open_note((site.roster_folder / CURRENT_NOTE).read_text(), site.key_list().verifiers("office"))
    file = site.roster_folder / RosterNote.parse(body).file_name
    assert sqlite3.connect(file).execute("SELECT until_ms FROM device").fetchall() == [(at(8, 2),)]
    journal.close()


def test_wati_confirms_a_phone_on_its_page(kid: str, wati: Client, morning: Morning) -> None:
    page = wati.get("/kantor/hp/3/").content.decode()
    assert f"/kantor/hp/{kid}/sahkan/" in page
    assert "Yang akan berubah" in wati.get(f"/kantor/hp/{kid}/sahkan/").content.decode()
    answer = wati.post(f"/kantor/hp/{kid}/sahkan/")
    assert answer["Location"] == "/kantor/hp/3/?selesai=enrol"
    assert "HP disahkan" in wati.get(answer["Location"]).content.decode()


def test_a_revocation_without_a_reason_changes_nothing_and_keeps_the_page(kid: str, wati: Client) -> None:
    wati.post(f"/kantor/hp/{kid}/sahkan/")
    answer = wati.post(f"/kantor/hp/{kid}/cabut/", {"reason": "  "})
    assert answer.status_code == 400
    assert "Tulis alasannya dahulu" in answer.content.decode()
    assert Device.objects.get(kid=kid).is_active


def test_the_slip_prints_its_code_in_both_ways(wati: Client, site: Site) -> None:
    slip = Slip.objects.get(person=demo.SARI)
    page = wati.get(f"/kantor/slip/nomor/{slip.number}/").content.decode()
    typed = re.search(r'<pre class="typed">(.*?)</pre>', page, re.DOTALL)
    assert typed
    lines = typed.group(1).strip().splitlines()
    assert len(lines) == 6
    assert "".join(line.rpartition(" ")[0].replace(" ", "") for line in lines) == slip.voucher
    assert "<svg" in page
    assert "style=" not in page, "the content security policy forbids inline style"


def test_thousands_of_phones_come_in_pages_and_are_found_by_name(wati: Client) -> None:
    rows = [
        Device(kid=f"{number:043}", key=b"k", person_id=demo.SARI, from_ms=number, until_ms=number + 1, decided_at_ms=1)
        for number in range(1, 5_001)
    ]
    Device.objects.bulk_create(
        [
            *rows,
            Device(kid="b" * 43, key=b"k", person_id=demo.BUDI, from_ms=1, decided_at_ms=1),
        ]
    )
    page = wati.get("/kantor/hp/3/").content.decode()
    assert page.count("<code>") == 50
    assert page.index("Budi Rahman") < page.index("Sari Wulandari"), "those that sign today stand first"
    assert "halaman=2" in page
    found = wati.get("/kantor/hp/3/?cari=budi").content.decode()
    assert found.count("<code>") == 1
    assert "Tidak ada" in wati.get("/kantor/hp/3/?cari=zzz").content.decode()


def test_taps_of_a_phone_that_was_revoked_are_told_to_whoever_decides_on_it(
    kid: str, morning: Morning, clock: Callable[[int], None], request: pytest.FixtureRequest
) -> None:
    """They count until a person has looked: somebody must know that there is something to look at."""
    enrol_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 1)))
    assert not days_of_revoked_phones(WATI, DAY)
    revoke_device(kid=kid, person=person(demo.SARI), by=ActBy(WATI, at(8, 2), "HP Sari hilang"))
    morning.tap(demo.SARI, "out", at(9, 0), flags=("revoked_key",))
    morning.follow(at(9, 1))
    assert [(one.person.number, one.times) for one in days_of_revoked_phones(WATI, DAY)] == [(demo.SARI, 1)]
    body = VerdictRow.objects.get(person=demo.SARI, day=DAY).body
    assert (body["identity"], needs_look(body, 0, was_seen=False)) == ("revoked_key", ["look.revoked_key"])
    clock(at(9, 2))
    wati: Client = request.getfixturevalue("wati")  # logs in now
    assert "Absen dari HP yang sudah dicabut" in wati.get("/kantor/tugas/").content.decode()
    told = wati.get(f"/kantor/orang/{demo.SARI}/{DAY}/").content.decode()
    assert "HP yang dipakai sudah dicabut; absen dihitung sampai kantor memutuskannya." in told
    assert "menunggu konfirmasi" not in told
    wati.post("/kantor/bahasa/", {"bahasa": "en", "next": "/kantor/"})
    told = wati.get(f"/kantor/orang/{demo.SARI}/{DAY}/").content.decode()
    assert "The phone had been revoked; the record counts until the office has decided." in told
    assert "awaits confirmation" not in told
    assert not days_of_revoked_phones(Actor(person=demo.TONO), DAY)


def test_who_may_not_see_slips_is_led_to_none(joko: Client, rina: Client) -> None:
    """On an empty list of phones stood a link to the slips for everybody; the auditor's led nowhere."""
    path = f"/kantor/hp/{demo.REGENCY}/"
    slips = f'href="/kantor/slip/{demo.REGENCY}/"'
    assert "Belum ada" in joko.get(path).content.decode()
    assert slips not in joko.get(path).content.decode().partition("<main")[2]
    assert slips in rina.get(path).content.decode().partition("<main")[2]
