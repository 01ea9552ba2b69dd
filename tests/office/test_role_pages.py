"""Roles on the office's pages: a log-in made, a role given and ended, and what nobody gives to anybody."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from hadir.office.accounts.actions import create_account, end_role, give_role, grant_role
from hadir.office.accounts.models import RoleGrant, User
from hadir.office.accounts.queries import actor_of
from hadir.office.acts.models import OutboxRow
from hadir.office.people.models import Assignment, Person
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.test_accounts import log_in
from tests.office.test_log_ins import told

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 24)
SCHOOL_PERSONNEL = Actor(person=demo.LINA, grants=(Grant(role=Role.PERSONNEL, path="/1/2/3/"),))


def ask(role: str, unit: int, **more: str) -> dict[str, str]:
    return {"role": role, "unit": str(unit), "from_date": "2026-11-24", "reason": "SK 800/12.", **more}


def account_of(person: int) -> User:
    return User.objects.get(person=person)


def test_rina_makes_a_log_in_gives_it_a_role_and_ends_it(rina: Client) -> None:
    address = f"/kantor/akun/{demo.SARI}/"
    assert "Buat akun" in rina.get(address).content.decode()
    made = rina.post(f"{address}baru/", {"login": "sari", "reason": "Operator baru."}).content.decode()
    again = Client()
    assert log_in(again, "sari", told(made)) == 302
    assert again.get("/kantor/hari-ini/3/")["Location"] == "/kantor/sandi/", "a one-time password opens one page"
    assert actor_of(account_of(demo.SARI), DAY).grants == (), "a log-in alone may nothing"
    asked = ask("operator", demo.SCHOOL, last_date="2026-12-31")
    assert rina.post(f"{address}peran/", asked).status_code == 302
    assert "Operator unit" in rina.get(address).content.decode()
    sari = account_of(demo.SARI)
    assert actor_of(sari, DAY).grants == actor_of(sari, date(2026, 12, 31)).grants != ()
    assert actor_of(sari, date(2027, 1, 1)).grants == ()
    number = RoleGrant.objects.get(user=sari).pk
    ended = rina.post(f"/kantor/akun/peran/{number}/akhiri/", {"from_date": "2026-12-01", "reason": "Pindah."})
    assert ended.status_code == 302
    assert actor_of(sari, date(2026, 11, 30)).grants != ()
    assert actor_of(sari, date(2026, 12, 1)).grants == ()
    assert RoleGrant.objects.get(pk=number).withdrawn_at_ms, "the row is withdrawn, not overwritten"
    acts = OutboxRow.objects.filter(person=demo.SARI, by=demo.RINA).order_by("seq").values_list("act", flat=True)
    assert [act for act in acts if act.partition(".")[0] in {"account", "role"}][-3:] == [
        "account.make",
        "role.grant",
        "role.end",
    ]


def test_a_role_that_ends_today_is_over_at_once(rina: Client) -> None:
    number = RoleGrant.objects.get(user=account_of(demo.WATI)).pk
    assert rina.get(f"/kantor/akun/peran/{number}/akhiri/").status_code == 200
    answer = rina.post(f"/kantor/akun/peran/{number}/akhiri/", {"from_date": "2026-11-24", "reason": "Pindah."})
    assert answer.status_code == 302
    assert actor_of(account_of(demo.WATI), DAY).grants == ()
    again = rina.post(f"/kantor/akun/peran/{number}/akhiri/", {"from_date": "2026-11-24", "reason": "Lagi."})
    assert again.status_code == 404


def test_a_role_begins_and_ends_at_midnight_where_people_work(rina: Client, clock: Callable[[int], None]) -> None:
    """As it was seen: until 08.00 it is yesterday in UTC, and a role that began was refused, one that ended held."""
    asked = ask("operator", demo.SCHOOL, from_date="2026-11-25", last_date="2026-11-25")
    assert rina.post(f"/kantor/akun/{demo.TONO}/peran/", asked).status_code == 302
    told: dict[int, int] = {}
    for moment in (at(23, 59), at(0, 1, day=25), at(7, 59, day=25), at(23, 59, day=25), at(0, 1, day=26)):
        clock(moment)
        told[moment] = browser("tono").get(f"/kantor/slip/{demo.SCHOOL}/").status_code
    assert list(told.values()) == [404, 200, 200, 200, 404]


def test_nobody_gives_a_role_to_himself_or_ends_his_own(rina: Client) -> None:
    own = RoleGrant.objects.get(user=account_of(demo.RINA))
    assert rina.post(f"/kantor/akun/{demo.RINA}/peran/", ask("auditor", demo.REGENCY)).status_code == 403
    ending = {"from_date": "2026-11-24", "reason": "x"}
    assert rina.post(f"/kantor/akun/peran/{own.pk}/akhiri/", ending).status_code == 403
    assert "Peran Anda sendiri" in rina.get(f"/kantor/akun/{demo.RINA}/").content.decode()


def test_nobody_gives_more_than_he_answers_for(db: None) -> None:
    wati = account_of(demo.WATI)
    for unit in (demo.REGENCY, demo.EDUCATION, demo.HEALTH_CENTRE):
        with pytest.raises(PermissionDenied):
            give_role(
                user=wati,
                role=Role.AUDITOR,
                unit=Unit.objects.get(number=unit),
                from_date=DAY,
                until_date=None,
                by=ActBy(SCHOOL_PERSONNEL, at(8, 0), "x"),
            )
    with pytest.raises(PermissionDenied):
        end_role(
            grant=RoleGrant.objects.get(user=account_of(demo.JOKO)),
            from_date=DAY,
            by=ActBy(SCHOOL_PERSONNEL, at(8, 0), "x"),
        )


def test_a_unit_outside_of_ones_own_is_no_choice(context: object) -> None:
    user = create_account(person=Person.objects.get(number=demo.SARI), login="kecil", password="x" * 20)
    school = Unit.objects.get(number=demo.SCHOOL)
    grant_role(user=user, role=Role.PERSONNEL, unit=school, from_date=DAY, by=ActBy.of(demo.RINA, at(7, 0)))
    client = Client()
    client.force_login(user)
    session = client.session
    session["began_ms"] = session["active_ms"] = session["confirmed_ms"] = at(8, 12)
    session.save()
    assert client.post(f"/kantor/akun/{demo.WATI}/peran/", ask("operator", demo.REGENCY)).status_code == 400
    assert client.post(f"/kantor/akun/{demo.WATI}/peran/", ask("superior", demo.SCHOOL)).status_code == 302
    assert client.get(f"/kantor/akun/{demo.TONO}/").status_code == 404, "another unit's person is nobody"


def test_roles_end_with_the_assignment(db: None) -> None:
    assert actor_of(account_of(demo.WATI), DAY).grants != ()
    Assignment.objects.filter(person=demo.WATI).update(until_date=DAY)
    assert actor_of(account_of(demo.WATI), DAY).grants == (), "retired: whoever is employed nowhere may nothing"


def test_what_is_wrong_is_said_and_nothing_is_lost(rina: Client) -> None:
    taken = rina.post(f"/kantor/akun/{demo.SARI}/baru/", {"login": "wati", "reason": "Operator baru."})
    assert taken.status_code == 400
    assert "sudah dipakai orang lain" in taken.content.decode()
    assert "Operator baru." in taken.content.decode()
    odd = rina.post(f"/kantor/akun/{demo.SARI}/baru/", {"login": "Sari Wulandari", "reason": "x"})
    assert odd.status_code == 400
    assert rina.post(f"/kantor/akun/{demo.WATI}/baru/", {"login": "wati2", "reason": "x"}).status_code == 409
    address = f"/kantor/akun/{demo.WATI}/peran/"
    assert "sudah dimilikinya" in rina.post(address, ask("operator", demo.SCHOOL)).content.decode()
    past = rina.post(address, ask("unit_head", demo.SCHOOL, from_date="2026-11-01")).content.decode()
    assert "Tidak boleh sebelum hari ini." in past
    back = rina.post(address, ask("unit_head", demo.SCHOOL, last_date="2026-11-01")).content.decode()
    assert "Hari terakhir harus sesudah" in back


def test_the_list_finds_a_name_and_a_log_in(rina: Client) -> None:
    page = rina.get("/kantor/akun/?cari=hasa").content.decode()
    assert "Hasan Basri" in page
    assert "Wati Kusuma" not in page
    assert "Tidak ada" in rina.get("/kantor/akun/?cari=zzz").content.decode()
