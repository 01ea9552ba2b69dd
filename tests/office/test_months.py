"""A month: the fold of its days, closed for ever, adjusted in the next one, opened again by two people only."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import msgspec
import pytest
import yaml
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hadir.config import shipped
from hadir.office.acts.models import OutboxRow
from hadir.office.duties.kinds import DutyLaw
from hadir.office.follower.rebuilding import rebuild, verdict_digest
from hadir.office.ground.act_error import ActError
from hadir.office.ground.laws import law_on
from hadir.office.judging.judge import JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext
from hadir.office.month_pages.actions import (
    ToClose,
    ask_reopen,
    close_month,
    grant_reopen,
    is_whole,
    keep_closed,
    set_letters,
)
from hadir.office.month_pages.columns import columns
from hadir.office.month_pages.recap import MonthRecap, RecapRow, costs_of, lines_of, month_recap
from hadir.office.month_pages.sheet import sheet_facts
from hadir.office.months.following import put_lines
from hadir.office.months.kept_verdict import Week
from hadir.office.months.lines import LineRow, line_of, month_day, month_verdict
from hadir.office.months.models import Carried, ClosedRow, Closing, ClosingState, DayLine, LateDay
from hadir.office.months.permissions import MonthThing, may_grant
from hadir.office.projection.models import DirtyDay
from hadir.office.roles import ActBy, Actor, Grant, Role
from hadir.office.units.models import Unit
from hadir.rules import MonthCase, parse_cases, parse_policies
from hadir.rules.cases import run_case
from hadir.rules.evidence import Source
from hadir.rules.months import MonthDay, recap_of, settle
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.lawdesk import drafted, enact, person
from tests.office.morning import Morning
from tests.office.test_days import text_of

pytestmark = pytest.mark.django_db

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
SCHOOL_PATH = "/1/2/3/"
WATI = Actor(demo.WATI, (Grant(Role.OPERATOR, SCHOOL_PATH),))
HASAN = Actor(demo.HASAN, (Grant(Role.UNIT_HEAD, SCHOOL_PATH),))
RINA = Actor(demo.RINA, (Grant(Role.PERSONNEL, "/1/"),))
LINA = Actor(demo.LINA, (Grant(Role.PERSONNEL, "/1/"),))
RECAP_QUERIES_MAX = 23
DAY_MS = 86_400_000


def in_december(day: int, hour: int = 8) -> int:
    return at(hour, 0, day=30) + day * DAY_MS


def in_january(day: int, hour: int = 8) -> int:
    return in_december(31 + day, hour)


def school(first: date = NOVEMBER) -> MonthRecap:
    return month_recap(shipped("policies"), Unit.objects.get(number=demo.SCHOOL), first)


def row_of(person: int, first: date = NOVEMBER) -> RecapRow:
    return next(row for row in school(first).rows if row.person == person)


def close(first: date, now_ms: int, by: Actor = HASAN, due: date = date(2027, 3, 31)) -> Closing:
    unit = Unit.objects.get(number=demo.SCHOOL)
    what = ToClose(unit=unit, first=first, due=due)
    return close_month(what=what, policies=shipped("policies"), by=ActBy(by, now_ms, "Lengkap."))[0]


@pytest.fixture
def november(morning: Morning, clock: Callable[[int], None]) -> Morning:
    """Sari was 12 minutes late on the 24th, on time on the 25th, and has no other day; November is over."""
    for day, minute in ((24, 42), (25, 20)):
        morning.tap(demo.SARI, "in", at(7, minute, day=day))
        morning.tap(demo.SARI, "out", at(16, 5, day=day))
    morning.follow(in_december(1))
    clock(in_december(1))
    return morning


def late_tap(morning: Morning, *, day: int = 26, received_ms: int) -> None:
    """A tap of November that the phone could deliver only when the month was closed."""
    morning.tap(demo.SARI, "in", at(7, 20, day=day), received_ms=received_ms)
    morning.tap(demo.SARI, "out", at(16, 5, day=day), received_ms=received_ms + 1_000)
    morning.follow(received_ms + 60_000)


# --- the fold --------------------------------------------------------------------------------------------------------


def month_cases() -> list[MonthCase]:
    text = (shipped("policies") / "cases" / "months.yaml").read_text(encoding="utf-8")
    return [one for one in parse_cases(yaml.safe_load(text), "months") if isinstance(one, MonthCase)]


def test_a_line_says_to_the_fold_all_that_the_verdict_says() -> None:
    """Every month of the law's own cases, through lines and without: the same recap."""
    folder = shipped("policies")
    policies = parse_policies({file.stem: yaml.safe_load(file.read_text("utf-8")) for file in folder.glob("*.yaml")})
    cases = month_cases()
    assert len(cases) > 20
    for case in cases:
        judged = [(one.date, run_case(one, policies, {}).verdict, one.punches) for one in case.days]
        days = [
            MonthDay(date=on, verdict=verdict, sources=tuple(tap.source for tap in taps))
            for on, verdict, taps in judged
        ]
        lines = [month_day(one.date, line_of(one.verdict, one.sources)) for one in days]
        assert recap_of(lines) == recap_of(days), case.name


def test_the_recap_is_the_fold_of_the_stored_verdicts(november: Morning) -> None:
    row = row_of(demo.SARI)
    dates = sorted(row.recap.cells)
    request = JudgeRequest(days=[(demo.SARI, day) for day in dates], now_ms=in_december(1))
    judged = judge(november.context, request)
    days = [MonthDay(date=day, verdict=one.verdict) for (_, day), one in judged.items()]
    assert row.recap == recap_of(days)
    policy = law_on(shipped("policies"), demo.POLICY, date(2026, 11, 30))
    assert row.settlement == settle(recap_of(days), policy)
    assert (row.recap.late["TL1"].count, row.recap.late["TL1"].minutes) == (1, 12)


def test_whoever_shares_a_line_with_others_has_all_days_of_it(context: object) -> None:
    shared, other = "p|H|present|0|none||||", "p|L|off_duty|0|none||||"
    days = [date(2026, 11, day) for day in (2, 3, 4)]
    said = {(person, day): shared for person in (demo.WATI, demo.SARI, demo.BUDI) for day in reversed(days)}
    said[demo.BUDI, days[1]] = other
    put_lines([LineRow(*key, demo.SCHOOL, "present", line, None, "") for key, line in said.items()])
    lines = lines_of([demo.SCHOOL], NOVEMBER)
    assert lines[demo.SCHOOL, demo.SARI] == lines[demo.SCHOOL, demo.WATI] == {shared: days}
    assert lines[demo.SCHOOL, demo.BUDI] == {shared: [days[0], days[2]], other: [days[1]]}


def test_everybody_at_home_in_the_month_has_a_row(november: Morning) -> None:
    assert {row.person for row in school().rows} >= {demo.SARI, demo.WATI, demo.HASAN}
    assert demo.DEWI not in {row.person for row in school().rows}


def test_after_a_transfer_the_month_has_a_row_in_each_unit(november: Morning) -> None:
    DayLine.objects.filter(person=demo.SARI, day=date(2026, 11, 25)).update(unit=demo.HEALTH_CENTRE)
    whole_regency = month_recap(shipped("policies"), Unit.objects.get(number=demo.REGENCY), NOVEMBER)
    mine = [row for row in whole_regency.rows if row.person == demo.SARI]
    assert [row.unit.number for row in mine] == [demo.SCHOOL, demo.HEALTH_CENTRE]
    assert mine[1].recap.work_days == 1


def lines(person: int, days: int, line: str, status: str, first: date = NOVEMBER) -> None:
    put_lines([
        LineRow(
            person=person, day=first.replace(day=day), unit=demo.SCHOOL, status=status, line=line, arrival_ms=None,
            version="permentan-68-2012 x y",
        )
        for day in range(1, days + 1)
    ])  # fmt: skip


ABSENT = "permentan-68-2012|TK|absent|4|none||no_punch,TL4,0,2,,|no_punch,PSW4,0,2,,|"


@pytest.mark.parametrize(("person", "codes"), [(demo.SARI, ["teguran_lisan"]), (demo.WATI, [])])
def test_absences_warn_whom_the_law_speaks_of_and_nobody_else(context: object, person: int, codes: list[str]) -> None:
    """Sari is PNS, Wati PPPK: her contract says what follows, not PP 94."""
    lines(person, 3, ABSENT, "absent")
    assert [one.row.code for one in row_of(person).warned] == codes


def test_absences_of_earlier_months_of_the_year_count(context: object) -> None:
    lines(demo.SARI, 2, ABSENT, "absent", date(2026, 3, 1))
    lines(demo.SARI, 2, ABSENT, "absent")
    assert [(one.row.code, one.days) for one in row_of(demo.SARI).warned] == [("teguran_tertulis", 4)]


def test_a_recap_costs_the_same_queries_for_one_and_for_many(november: Morning, rina: Client) -> None:
    counts = []
    for unit in (demo.HEALTH_CENTRE, demo.SCHOOL):
        with CaptureQueriesContext(connection) as queries:
            assert rina.get(f"/kantor/bulan/{unit}/2026-11/").status_code == 200
        counts.append(len(queries))
    assert max(counts) <= RECAP_QUERIES_MAX, counts


# --- closing ---------------------------------------------------------------------------------------------------------


def test_a_closed_month_never_changes(november: Morning) -> None:
    closing = close(NOVEMBER, in_december(1))
    before = [(row.body, row.lines) for row in closing.rows.order_by("pk")]
    shown = row_of(demo.SARI)
    late_tap(november, received_ms=in_december(2))
    assert [(row.body, row.lines) for row in closing.rows.order_by("pk")] == before
    assert row_of(demo.SARI) == shown
    assert shown.is_closed


def test_the_record_of_closing_holds_the_digest_of_every_row(november: Morning) -> None:
    closing = close(NOVEMBER, in_december(1))
    record = json.loads(bytes(closing.steps.get().record.body))
    assert f"sha256/{closing.digest}" in record["after"]
    assert is_whole(closing)
    row = ClosedRow.objects.get(closing=closing, person=demo.SARI)
    row.body["settlement"]["of_allowance"] = "0.00"
    row.save()
    assert not is_whole(closing)


def test_a_closing_keeps_by_which_rules_and_evidence_it_was_made(november: Morning) -> None:
    closing = close(NOVEMBER, in_december(1))
    (version,) = closing.versions
    assert version["policy"] == demo.POLICY
    assert len(version["sha256"]) == 64
    assert sum(closing.counts["grades"].values()) == 4
    assert closing.counts.keys() == {"grades", "excuses", "manual", "undecided", "unproven", "dark"}


def test_a_running_month_cannot_be_closed(november: Morning) -> None:
    with pytest.raises(ActError) as error:
        close(NOVEMBER, at(23, 59, day=30))
    assert error.value.code == "months.trouble.not_over"


def test_a_month_is_not_closed_while_its_days_are_being_judged(november: Morning) -> None:
    DirtyDay.objects.create(person=demo.SARI, day=date(2026, 11, 24))
    with pytest.raises(ActError) as error:
        close(NOVEMBER, in_december(1))
    assert error.value.code == "months.trouble.still_judging"


def test_a_month_before_recording_began_is_not_closed_empty(november: Morning, hasan: Client) -> None:
    october = date(2026, 10, 1)
    with pytest.raises(ActError) as error:
        close(october, in_december(1))
    assert error.value.code == "months.trouble.not_begun"
    assert not Closing.objects.exists()
    sentence = "Pada bulan ini tidak ada presensi yang tercatat: tidak ada yang dapat ditutup."
    recap = hasan.get(f"/kantor/bulan/{demo.SCHOOL}/2026-10/").content.decode()
    assert sentence in recap
    assert "tidak ada yang perlu dilihat" not in recap
    assert "/tutup/" not in recap, "no button that leads to a refusal"
    page = hasan.get(f"/kantor/bulan/{demo.SCHOOL}/2026-10/tutup/").content.decode()
    assert sentence in page
    assert "/tutup/" in hasan.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/").content.decode()


def test_a_month_is_closed_once(november: Morning) -> None:
    close(NOVEMBER, in_december(1))
    with pytest.raises(ActError) as error:
        close(NOVEMBER, in_december(1))
    assert error.value.code == "months.trouble.already_closed"


def test_undecided_days_hold_nothing_up_and_are_named(november: Morning, hasan: Client) -> None:
    lines(demo.BUDI, 2, "permentan-68-2012|MD|undecided|0|none||undecided,,0,0,,|undecided,,0,0,,|", "undecided")
    page = text_of(hasan.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/tutup/").content.decode())
    assert "Budi Rahman, M.Pd." in page
    closing = close(NOVEMBER, in_december(1))
    kept = ClosedRow.objects.get(closing=closing, person=demo.BUDI).body
    assert kept["recap"]["undecided"] == ["2026-11-01", "2026-11-02"]
    assert closing.counts["undecided"] >= 2


def test_an_operator_and_an_outsider_close_nothing(november: Morning) -> None:
    for actor in (WATI, Actor(demo.TONO)):
        with pytest.raises(PermissionDenied):
            close(NOVEMBER, in_december(1), by=actor)


# --- what comes after ------------------------------------------------------------------------------------------------


def test_a_late_tap_becomes_a_line_of_the_next_month_with_its_reason(november: Morning) -> None:
    close(NOVEMBER, in_december(1))
    paid = row_of(demo.SARI).settlement.of_allowance
    late_tap(november, received_ms=in_december(2))
    (line,) = row_of(demo.SARI, DECEMBER).adjustments
    (moved,) = line.moved
    assert (line.first, moved.day, moved.after) == (NOVEMBER, date(2026, 11, 26), "H")
    assert moved.before != "H"
    assert {why["code"] for why in moved.why} == {"months.why.tap"}
    unit = Unit.objects.get(number=demo.SCHOOL)
    now = recap_of(
        month_day(row.day, row.line)
        for row in DayLine.objects.filter(person=demo.SARI, unit=unit.number, day__lt=DECEMBER)
    )
    policy = law_on(shipped("policies"), demo.POLICY, date(2026, 11, 30))
    assert line.of_allowance == settle(now, policy).of_allowance - paid


def test_an_adjustment_is_carried_once(november: Morning) -> None:
    close(NOVEMBER, in_december(1))
    late_tap(november, received_ms=in_december(2))
    december = close(DECEMBER, in_january(2))
    assert Carried.objects.get(into=december).person_id == demo.SARI
    assert row_of(demo.SARI, DECEMBER).adjustments
    assert not row_of(demo.SARI, JANUARY).adjustments
    late_tap(november, day=27, received_ms=in_january(3))
    line = next(one for one in row_of(demo.SARI, JANUARY).adjustments if one.first == NOVEMBER)
    moved = {one.day for one in line.moved}
    assert date(2026, 11, 27) in moved
    assert date(2026, 11, 26) not in moved, "what was carried is paid"
    rebuild(november.context, now_ms=in_january(3) + 60_000)
    assert line in row_of(demo.SARI, JANUARY).adjustments


def test_a_month_that_runs_between_takes_the_adjustment(november: Morning) -> None:
    close(NOVEMBER, in_december(1))
    late_tap(november, received_ms=in_december(2))
    assert not row_of(demo.SARI, JANUARY).adjustments


def test_a_rebuild_finds_the_same_late_days(november: Morning) -> None:
    close(NOVEMBER, in_december(1))
    late_tap(november, received_ms=in_december(2))
    before = (set(LateDay.objects.values_list("person", "day")), row_of(demo.SARI, DECEMBER), row_of(demo.SARI))
    rebuild(november.context, now_ms=in_december(2) + 60_000)
    after = (set(LateDay.objects.values_list("person", "day")), row_of(demo.SARI, DECEMBER), row_of(demo.SARI))
    assert after == before


# --- opening again ---------------------------------------------------------------------------------------------------


def test_one_person_alone_opens_nothing(november: Morning) -> None:
    closing = close(NOVEMBER, in_december(1))
    with pytest.raises(ActError) as error:
        grant_reopen(number=closing.number, by=ActBy(RINA, in_december(3), "Salah."))
    assert error.value.code == "months.trouble.not_asked"
    ask_reopen(number=closing.number, by=ActBy(RINA, in_december(3), "Salah."))
    with pytest.raises(ActError) as error:
        grant_reopen(number=closing.number, by=ActBy(RINA, in_december(3), "Salah."))
    assert error.value.code == "months.trouble.two_people"
    assert row_of(demo.SARI).is_closed


def test_the_database_knows_that_two_are_two(november: Morning) -> None:
    closing = close(NOVEMBER, in_december(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Closing.objects.filter(pk=closing.pk).update(asked_by=demo.RINA, reopened_by=demo.RINA)


def test_two_people_open_it_and_it_is_judged_by_all_that_is_known(november: Morning) -> None:
    closing = close(NOVEMBER, in_december(1))
    late_tap(november, received_ms=in_december(2))
    ask_reopen(number=closing.number, by=ActBy(HASAN, in_december(3), "HP Sari baru terkirim."))
    grant_reopen(number=closing.number, by=ActBy(RINA, in_december(3), "Benar."))
    row = row_of(demo.SARI)
    assert (row.is_closed, row.recap.cells[date(2026, 11, 26)]) == (False, "H")
    assert not row_of(demo.SARI, DECEMBER).adjustments
    assert close(NOVEMBER, in_december(4)).number != closing.number
    assert Closing.objects.get(pk=closing.pk).state == ClosingState.REOPENED, "the first closing is kept"
    assert closing.rows.exists()


def test_a_refused_request_leaves_the_month_closed_and_may_be_asked_again(november: Morning) -> None:
    closing = close(NOVEMBER, in_december(1))
    ask_reopen(number=closing.number, by=ActBy(HASAN, in_december(3), "Salah."))
    keep_closed(number=closing.number, by=ActBy(RINA, in_december(3), "Sudah benar."))
    assert row_of(demo.SARI).is_closed
    ask_reopen(number=closing.number, by=ActBy(RINA, in_december(3), "Ternyata salah."))


def test_the_last_closed_month_is_opened_first(november: Morning) -> None:
    first = close(NOVEMBER, in_december(1))
    november.follow(in_january(2))
    close(DECEMBER, in_january(2))
    with pytest.raises(ActError) as error:
        ask_reopen(number=first.number, by=ActBy(HASAN, in_january(3), "Salah."))
    assert error.value.code == "months.trouble.later_closed"


def test_nobody_grants_what_opens_his_own_days() -> None:
    thing = MonthThing(path="/1/4/", people=frozenset({demo.RINA}), asked_by=demo.LINA)
    assert not may_grant(RINA, thing)
    assert not may_grant(LINA, thing), "who asked does not grant"
    assert may_grant(Actor(9_999, (Grant(Role.PERSONNEL, "/1/"),)), thing)
    assert not may_grant(Actor(9_998, (Grant(Role.UNIT_HEAD, "/1/4/"),)), thing)


def test_each_act_is_a_record_that_the_audit_shows(
    november: Morning, hasan: Client, rina: Client, joko: Client
) -> None:
    path = f"/kantor/bulan/{demo.SCHOOL}/2026-11"
    assert hasan.post(f"{path}/tutup/", {"due": "2026-12-31", "reason": "Lengkap."}).status_code == 302
    number = Closing.objects.get().number
    assert hasan.post(f"/kantor/bulan/penutupan/{number}/buka/", {"reason": "HP Sari."}).status_code == 302
    assert rina.post(f"/kantor/bulan/penutupan/{number}/izinkan/", {"reason": ""}).status_code == 400
    assert rina.post(f"/kantor/bulan/penutupan/{number}/izinkan/", {"reason": "Benar."}).status_code == 302
    acts = list(OutboxRow.objects.filter(act__startswith="month.").values_list("act", "by"))
    assert acts == [("month.close", demo.HASAN), ("month.ask_reopen", demo.HASAN), ("month.reopen", demo.RINA)]
    page = text_of(joko.get("/kantor/jejak/").content.decode())
    assert "Menutup bulan" in page
    assert "Membuka bulan kembali" in page
    assert "HP Sari." not in bytes(OutboxRow.objects.get(act="month.ask_reopen").body).decode()


# --- pages -----------------------------------------------------------------------------------------------------------


def test_a_superior_sees_his_own_people_and_exports_nothing(november: Morning, budi: Client) -> None:
    page = budi.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/").content.decode()
    assert "Sari Wulandari" in page
    assert "Hasan Basri" not in page
    assert "rekap.xlsx" not in page
    assert budi.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/orang/{demo.HASAN}/").status_code == 404


def test_the_arithmetic_is_shown_with_its_articles(november: Morning, wati: Client) -> None:
    page = text_of(wati.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/orang/{demo.SARI}/").content.decode())
    row = row_of(demo.SARI)
    for line in row.settlement.lines:
        assert str(line.value).replace(".", ",") in page
    assert "hanya ditampilkan, tidak dikenakan" in page
    assert "Permentan 68/2012, tabel pengurangan no. 2" in page, "the class of the 24th, with its article"


def test_what_is_reckoned_otherwise_than_by_the_day_is_said_below_the_arithmetic(november: Morning) -> None:
    row = row_of(demo.SARI)
    recap = msgspec.structs.replace(row.recap, no_departure=2, codes={"H": 17, "TB": 5}, work_days=22)
    rules = sheet_facts(replace(row, recap=recap), shipped("policies"), NOVEMBER, "id", {}).rules
    assert "TAP 2 hari: tanpa catatan termasuk kelas PSW4 dan dipotong satu kali." in rules
    unpaid = "Ketentuan Hadir (cuti di luar tanggungan negara dan tugas belajar tanpa TPP)"
    assert f"Hari tanpa tunjangan: 5 dari 22 hari kerja = 22,73 %, menurut {unpaid}." in rules


def test_a_list_is_filtered_and_searched_by_its_address(november: Morning, wati: Client) -> None:
    path = f"/kantor/bulan/{demo.SCHOOL}/2026-11/"
    page = wati.get(path, {"cari": "wulandari"}).content.decode()
    assert "Sari Wulandari" in page
    assert "Hasan Basri" not in page
    assert "Sari Wulandari" not in wati.get(path, {"saring": "peringatan"}).content.decode()


def test_the_map_leads_from_each_cell_to_its_verdict(november: Morning, wati: Client) -> None:
    page = wati.get(f"/kantor/bulan/{demo.SCHOOL}/2026-11/gambar/").content.decode()
    assert (
        f'href="/kantor/orang/{demo.SARI}/2026-11-24/" aria-label="Sari Wulandari, S.Pd., 24 November 2026: TL1"'
        in page
    )
    assert "2 kedatangan per lima menit" in page


def test_a_month_without_anything_says_what_to_do(context: object, dewi: Client) -> None:
    assert dewi.get(f"/kantor/bulan/{demo.HEALTH_CENTRE}/2019-01/").status_code == 200
    assert "Pilih bulan lain" in dewi.get(f"/kantor/bulan/{demo.HEALTH_CENTRE}/2019-01/").content.decode()


def test_letters_are_the_regions_and_a_closed_month_keeps_its_own(november: Morning) -> None:
    closing = close(NOVEMBER, in_december(1))
    set_letters(letters={"H": "HD", "TK": "A"}, by=ActBy(RINA, in_december(2), "SE Bupati."))
    assert Closing.objects.get(pk=closing.pk).letters == {}
    with pytest.raises(ActError) as error:
        set_letters(letters={"H": "X", "TK": "X"}, by=ActBy(RINA, in_december(2), "SE Bupati."))
    assert error.value.code == "months.trouble.letters"
    with pytest.raises(PermissionDenied):
        set_letters(letters={"H": "HD"}, by=ActBy(HASAN, in_december(2), "SE Bupati."))


def test_a_paper_list_is_counted_in_the_line() -> None:
    day = month_day(NOVEMBER, "p|H|present|0|none|m|||")
    assert day.sources == (Source.MANUAL_LIST,)
    assert Decimal(0) == day.verdict.deduction_percent


# --- weeks of dynamic hours ------------------------------------------------------------------------------------------


def test_the_weeks_of_a_dynamic_duty_say_what_they_lack(morning: Morning, context: JudgeContext) -> None:
    enact(drafted(DutyLaw(duty="dynamic"), date(2026, 11, 16), person=person(demo.SARI)), at(8, 0, day=13), also=LINA)
    for day in (16, 17, 18, 19, 20):
        morning.tap(demo.SARI, "in", at(9, 0, day=day))
        morning.tap(demo.SARI, "out", at(16, 0, day=day))
    morning.follow(in_december(1))
    row = row_of(demo.SARI)
    lines = DayLine.objects.filter(person=demo.SARI, day=date(2026, 11, 16)).values_list("line", flat=True)
    assert month_verdict(lines[0]).week == Week(minutes=2_250, pause=60, days=5, between=420)
    assert row.weekly_short == 2_250 - 5 * 360
    assert row.recap.undecided, "of the weeks after that nobody knows anything, and they lack nothing"
    assert row_of(demo.BUDI).weekly_short is None
    heads = [column.head for column in columns(shipped("policies"), school(), {})]
    assert "months.column.weekly" in heads


def test_days_without_allowance_stand_with_their_dates_and_add_up_to_the_total(november: Morning) -> None:
    """A study leave takes the whole allowance: the paper says of each date what it takes."""
    law = law_on(shipped("policies"), "permentan-68-2012", date(2026, 11, 30))
    code = next(iter(law.month.unpaid))
    days = [date(2026, 11, 2), date(2026, 11, 3), date(2026, 11, 4)]
    dated = {f"permentan-68-2012|{code}|excused|0|none||||": days}
    recap = recap_of([month_day(day, line) for line, some in dated.items() for day in some])
    costs = costs_of(dated, law, recap)
    assert list(costs) == days
    assert sum(costs.values()) == settle(recap, law).percent


def test_a_line_that_was_changed_by_hand_is_found_by_a_rebuild(november: Morning, context: JudgeContext) -> None:
    """What a recap is summed from is made of verdicts, and of nothing else."""
    before = verdict_digest()
    changed = DayLine.objects.filter(person=demo.SARI, day=date(2026, 11, 24))
    changed.update(line=changed.get().line.replace("TL1", "", 1))
    assert verdict_digest() != before
    assert rebuild(context, now_ms=in_december(1)) == before
