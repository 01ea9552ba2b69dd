"""What a phone may ask of the office: about its owner, signed by his key, and nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hadir.office.devices.actions import enrol_device, refuse_device, revoke_device
from hadir.office.people.models import Person
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.records.voucher import Voucher
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone, record_hash
from tests.office.conftest import at
from tests.office.lawdesk import rostered
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

PATH = "/kantor/api/saya/hari-ini"
NOW = at(8, 12)
RINA = Actor(person=demo.RINA, grants=(Grant(role=Role.PERSONNEL, path="/1/"),))


def signed(morning: Morning, phone: Phone, *, now_ms: int = NOW, **changes: Any) -> str:
    members = {
        "v": 1,
        "person": phone.person,
        "method": "GET",
        "path": PATH,
        "signed_time": {
            "token": morning.token(now_ms - 60_000),
            "wall_ms": now_ms - 60_000,
            "mono_ms": 5_000,
            "origin_ms": 7,
        },
        "mono_ms": 65_000,
        "origin_ms": 7,
    }
    typ = changes.pop("typ", "hadir-request+jws")
    return "Hadir " + phone.sign({**members, **changes}, typ=typ)


def ask(authorization: str, path: str = PATH) -> tuple[int, dict[str, Any]]:
    answer = Client().get(path, headers={"Authorization": authorization})
    return answer.status_code, json.loads(answer.content)


def confirmed(morning: Morning, person: int = demo.SARI) -> Phone:
    phone = morning.phone(person)
    enrol_device(kid=phone.kid, person=Person.objects.get(number=person), by=ActBy(RINA, NOW))
    morning.follow(NOW)
    return phone


def test_the_signed_path_is_the_one_that_was_sent(morning: Morning) -> None:
    """Django would spell the tilde and the umlaut in its own way."""
    morning.tap(demo.SARI, "in", at(7, 28, 13))
    morning.follow(NOW)
    phone, path = confirmed(morning), f"{PATH}?a=%7e&b=%c3%a4"
    answer = Client().get(path, headers={"Authorization": signed(morning, phone, path=path)}, RAW_URI=path)
    assert answer.status_code == 200


def confirmed_after_a_tap(morning: Morning) -> Phone:
    morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(NOW)
    return confirmed(morning)


def test_sari_sees_her_day(morning: Morning) -> None:
    record = morning.tap(demo.SARI, "in", at(7, 28, 13))
    morning.follow(NOW)
    status, body = ask(signed(morning, confirmed(morning)))
    assert status == 200
    assert body["person"] == {"name": "Sari Wulandari, S.Pd.", "unit": "SDN Tamban 3", "zone": "Asia/Makassar"}
    assert body["date"] == "2026-11-24"
    assert body["duty"] == {"start": "07:30", "end": "16:00"}
    assert body["verdict"]["headline"] == {"id": "Tepat waktu", "en": "On time"}
    assert body["verdict"]["provisional"] is True
    assert body["verdict"]["suggest"] is None
    assert body["punches"] == [
        {
            "record_hash": record_hash(record),
            "direction": "in",
            "judged_ms": at(7, 28, 13),
            "grade_word": {"id": "langsung", "en": "direct"},
            "received_at_ms": at(7, 28, 13) + 1_500,
        }
    ]


def test_before_any_tap_the_day_is_not_yet_recorded(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 28, day=23))
    morning.follow(NOW)
    status, body = ask(signed(morning, confirmed(morning)))
    assert status == 200
    assert body["verdict"]["headline"]["id"] == "Belum tercatat"
    assert body["punches"] == []


def test_a_wrong_button_offers_to_record_the_arrival(morning: Morning) -> None:
    morning.tap(demo.SARI, "out", at(7, 28))
    morning.follow(NOW)
    _, body = ask(signed(morning, confirmed(morning)))
    assert body["verdict"]["suggest"] == "record_in"


def test_a_phone_hears_whether_it_is_confirmed(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(NOW)
    assert ask(signed(morning, morning.phone(demo.SARI)))[1]["confirmed"] is False
    assert ask(signed(morning, confirmed(morning)))[1]["confirmed"] is True


def test_in_the_morning_a_night_nurse_is_told_of_the_duty_that_began_yesterday(
    morning: Morning, clock: Callable[[int], None]
) -> None:
    now_ms = at(7, 6, day=25)
    rostered(demo.DEWI, "malam")
    came, went = (morning.tap(demo.DEWI, *tap) for tap in (("in", at(20, 50)), ("out", at(7, 5, day=25))))
    morning.follow(now_ms)
    clock(now_ms)
    status, body = ask(signed(morning, confirmed(morning, demo.DEWI), now_ms=now_ms))
    assert (status, body["date"], body["duty"]) == (200, "2026-11-25", None)
    assert {"date": "2026-11-24", "start_ms": at(21, 0), "end_ms": at(7, 0, day=25)} in body["duties"]
    assert body["night"]["date"] == "2026-11-24"
    assert body["night"]["verdict"]["headline"]["id"] == "Tepat waktu"
    assert body["verdict"]["suggest"] is None
    assert [punch["record_hash"] for punch in body["punches"]] == [record_hash(came), record_hash(went)]


def test_whoever_works_by_day_has_no_night_and_hears_of_the_neighbouring_days(morning: Morning) -> None:
    _, body = ask(signed(morning, confirmed_after_a_tap(morning)))
    assert body["night"] is None
    assert [duty["date"] for duty in body["duties"]] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert body["duties"][1]["start_ms"] == at(7, 30)


def test_a_phone_that_waits_sees_its_own_taps_and_no_verdict(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(NOW)
    first = confirmed(morning)
    second = Phone(demo.SARI, voucher=first.voucher)
    record = morning.tap(demo.SARI, "in", at(7, 50), phone=second)
    morning.follow(NOW)
    status, body = ask(signed(morning, second))
    assert status == 200
    assert body["verdict"] is None
    assert [punch["record_hash"] for punch in body["punches"]] == [record_hash(record)]


def test_a_voucher_brought_along_is_enough_before_the_first_tap(morning: Morning) -> None:
    status, body = ask(signed(morning, morning.phone(demo.SARI)))
    assert status == 200
    assert body["person"]["name"].startswith("Sari")
    assert body["verdict"] is None


def test_a_revoked_key_is_refused(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(NOW)
    phone = confirmed(morning)
    sari = Person.objects.get(number=demo.SARI)
    revoke_device(kid=phone.kid, person=sari, by=ActBy(RINA, NOW, "Hilang."))
    status, body = ask(signed(morning, phone))
    assert (status, body["refusal"]["code"]) == (403, "revoked_key")


def test_a_refused_key_is_refused(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(NOW)
    sari = Person.objects.get(number=demo.SARI)
    refuse_device(kid=morning.phone(demo.SARI).kid, person=sari, by=ActBy(RINA, NOW, "Bukan dia."))
    assert ask(signed(morning, morning.phone(demo.SARI)))[0] == 403


def test_nobody_asks_about_somebody_else(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 28))
    morning.follow(NOW)
    phone = confirmed(morning)
    status, body = ask(signed(morning, phone, person=demo.BUDI))
    assert (status, body["refusal"]["code"]) == (401, "unknown_key")


def _no_voucher(_: Morning, phone: Phone) -> None:
    phone.voucher = None


def _forged_voucher(morning: Morning, phone: Phone) -> None:
    """Signed by the gate's key, which is no office's."""
    phone.voucher = Voucher(person=phone.person, slip=1, last_day=30_000).issue(morning.site.gate_signer())


@pytest.mark.parametrize("spoil", [_no_voucher, _forged_voucher])
def test_an_unknown_key_is_refused(morning: Morning, spoil: Callable[[Morning, Phone], None]) -> None:
    stranger = Phone(demo.SARI, voucher=morning.phone(demo.SARI).voucher)
    spoil(morning, stranger)
    assert ask(signed(morning, stranger))[1]["refusal"]["code"] == "unknown_key"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "POST"}, "other_request"),
        ({"path": "/kantor/api/saya/bulan"}, "other_request"),
        ({"mono_ms": 5_000 + 600_001}, "too_old"),
        ({"mono_ms": 4_999}, "too_old"),
        ({"origin_ms": 8}, "too_old"),
        ({"extra": 1}, "malformed"),
        ({"typ": "hadir-punch+jws"}, "malformed"),
    ],
)
def test_a_request_that_does_not_fit_is_refused(morning: Morning, changes: dict[str, Any], code: str) -> None:
    assert ask(signed(morning, morning.phone(demo.SARI), **changes))[1]["refusal"]["code"] == code


def test_a_captured_request_soon_says_nothing(morning: Morning, clock: Callable[[int], None]) -> None:
    captured = signed(morning, morning.phone(demo.SARI))
    assert ask(captured)[0] == 200
    clock(NOW + 601_000)
    assert ask(captured)[1]["refusal"]["code"] == "too_old"


def test_a_request_without_a_signature_is_refused(court: object) -> None:
    assert Client().get(PATH).status_code == 401
    assert ask("Bearer abc")[1]["refusal"]["code"] == "unsigned"
    assert ask("Hadir abc")[1]["refusal"]["code"] == "malformed"


def test_a_changed_request_does_not_verify(morning: Morning) -> None:
    good = signed(morning, morning.phone(demo.SARI))
    flipped = good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:]
    assert ask(flipped)[1]["refusal"]["code"] == "bad_signature"


def test_an_office_log_in_opens_nothing_here(wati: Client) -> None:
    assert wati.get(PATH).status_code == 401
