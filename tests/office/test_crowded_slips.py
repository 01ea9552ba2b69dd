"""One photographed slip: who looks after the person is told at once, and no page is filled by it."""

import pytest

from hadir.office.devices.models import Slip
from hadir.office.devices.queries import crowded_slips, pending_keys
from hadir.office.people.models import Person
from hadir.office.projection.models import Punch, SeenKey
from hadir.records.kinds import Kind
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone
from tests.office.conftest import at, browser
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db

FLOOD = 120
TODAY = "2026-11-24"


@pytest.fixture
def flooded(morning: Morning) -> Morning:
    """Sari's own phone first, then everybody who has a picture of her slip."""
    slip = Slip.objects.filter(person=demo.SARI).latest("number").voucher
    own = Phone(demo.SARI, slip)
    taps = [phone.punch(wall_ms=at(7, 20)) for phone in (own, *(Phone(demo.SARI, slip) for _ in range(FLOOD - 1)))]
    morning.append([(Kind.PUNCH, taps[0].encode())], at(7, 21))
    morning.append([(Kind.PUNCH, tap.encode()) for tap in taps[1:]], at(7, 22))
    morning.follow(at(7, 30))
    morning.phones[demo.SARI] = own
    return morning


def test_the_first_phones_stand_with_the_others_and_the_rest_apart(flooded: Morning) -> None:
    assert (SeenKey.objects.count(), Punch.objects.count()) == (FLOOD, FLOOD), "nothing that was taken is lost"
    everybody = Person.objects.all()
    (found,) = crowded_slips(everybody)
    assert (found.person.number, found.count, len(found.apart)) == (demo.SARI, FLOOD, FLOOD - 5)
    shown = [row.kid for row in pending_keys(everybody, [found])]
    assert len(shown) == 5
    assert shown[0] == flooded.phones[demo.SARI].kid, "a person's first phone is never set apart"
    assert not found.apart & set(shown)


def test_who_looks_after_the_person_is_told_at_once(flooded: Morning) -> None:
    told = f"{FLOOD} HP menunggu dengan satu slip"
    assert told in browser("wati").get("/kantor/tugas/").content.decode()
    page = browser("wati").get(f"/kantor/hp/{demo.SCHOOL}/").content.decode()
    assert told in page
    slip = crowded_slips(Person.objects.all())[0].slip
    apart = browser("wati").get(f"/kantor/hp/{demo.SCHOOL}/?terpisah={slip}")
    assert apart.content.decode().count("<tr>") == 51, "a page of fifty, and its head"
    assert told not in browser("dewi").get("/kantor/tugas/").content.decode()
    assert browser("dewi").get(f"/kantor/hp/{demo.SCHOOL}/?terpisah={slip}").status_code == 404


def test_no_page_is_filled_by_it(flooded: Morning) -> None:
    unit, person = f"hp/{demo.SCHOOL}/", f"{demo.SARI}/"
    for path in (unit, f"{unit}sahkan/", f"pegawai/{person}", f"orang/{person}{TODAY}/"):
        assert len(browser("wati").get(f"/kantor/{path}").content) < 150_000, path


def test_what_waits_in_the_usual_number_is_nothing_to_tell(morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.follow(at(7, 30))
    assert crowded_slips(Person.objects.all()) == []
