"""The office's own law: a policy and a calendar that people bring, looked through, tried, and put in force by two."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hadir.continuity import backup
from hadir.office.acts.models import OutboxRow
from hadir.office.duties.actions import agree_to_law, end_law, withdraw_law
from hadir.office.duties.kinds import Decree, DutyLaw, LawKind, OwnPolicy
from hadir.office.duties.models import LawAct, LawUpload, PolicyTrial, TrialPerson
from hadir.office.duties.own import in_force_on
from hadir.office.follower.rebuilding import rebuild, verdict_digest
from hadir.office.ground import own_laws
from hadir.office.ground.act_error import ActError
from hadir.office.ground.installation import HERE
from hadir.office.ground.laws import edition_digest, laws, shipped_laws
from hadir.office.ground.own_laws import (
    OwnLawError,
    OwnVersion,
    decree,
    keep_text,
    keep_version,
    law_folder,
    own_set,
    text_kept,
)
from hadir.office.judging.judge import JudgeRequest, judge
from hadir.office.judging.judging import JudgeContext
from hadir.office.law_pages.own_texts import Proposal, keep_upload, propose_text, read_policy
from hadir.office.law_pages.trials import FILE_BYTES_MAX, Trier
from hadir.office.programs.conditions import ConditionError, require_named_law
from hadir.office.roles import ActBy, Actor
from hadir.rules.reading import DocumentError
from rehearsal.demo import cast as demo
from tests.office.conftest import at, browser
from tests.office.lawdesk import LINA, RINA, TUESDAY, drafted, enact, kept, unit
from tests.office.morning import Morning
from tests.office.test_days import text_of
from tests.office.test_policy_trials import BOMB

pytestmark = pytest.mark.django_db

OWN_POLICY = """
policy: kab-contoh
title: {id: Perbup Contoh 7/2026, en: Contoh 7/2026}
extends: permentan-68-2012
values:
  late:
    TL1:
      - from: 2026-01-01
        value: {from_minutes: 1, percent: PERCENT}
        article: Perbup 7/2026 Pasal 9
        source: naskah
        certainty: S
"""
DECREE = """
calendar: kab-contoh-2026
title: {id: Hari jadi kabupaten, en: Founding day}
days:
  - {date: 2026-11-24, kind: local, name: Hari jadi, article: SE Bupati 12/2026, source: naskah, certainty: S}
"""


def text_of_policy(percent: str = "0.75") -> bytes:
    return OWN_POLICY.replace("PERCENT", percent).encode()


def proposed(data: bytes, kind: LawKind, *, from_date: date = TUESDAY, at_ms: int, by: Actor = RINA) -> LawAct:
    upload = keep_upload(kind=kind, data=data, by=ActBy(by, at_ms))
    proposal = Proposal(unit=unit(demo.REGENCY), from_date=from_date, document="Perbup 7/2026")
    return propose_text(upload=upload, proposal=proposal, by=ActBy(by, at_ms, "Telah diundangkan."))


def agreed(row: LawAct, at_ms: int, by: Actor = LINA) -> LawAct:
    return agree_to_law(number=row.number, by=ActBy(by, at_ms, "Sesuai naskah."))


def given(policy: str, at_ms: int, where: int = demo.SCHOOL) -> LawAct:
    return enact(drafted(DutyLaw(duty="office-5-day", policy=policy), TUESDAY, unit=unit(where)), at_ms, also=LINA)


@pytest.fixture
def late(morning: Morning, clock: Callable[[int], None]) -> Morning:
    """Sari was twelve minutes late on Tuesday; it is evening."""
    clock(at(23, 30))
    morning.tap(demo.SARI, "in", at(7, 42), signed_ms=at(7, 30))
    morning.tap(demo.SARI, "out", at(16, 5))
    morning.follow(at(16, 10))
    return morning


@pytest.fixture
def in_force(late: Morning) -> LawAct:
    """Two people stand behind the policy, and an act gives it to the school."""
    row = agreed(proposed(text_of_policy(), LawKind.POLICY, at_ms=at(17, 0)), at(17, 5))
    given("own-kab-contoh", at(17, 10))
    late.follow(at(17, 11))
    return row


def test_a_day_is_judged_by_an_own_policy_that_two_have_put_in_force(in_force: LawAct) -> None:
    body = kept(demo.SARI)
    assert body["deduction_percent"] == "0.75"
    assert body["version"]["policy"] == in_force.says(OwnPolicy).version
    assert in_force.number in [act["number"] for act in body["law"]]
    assert "Perbup 7/2026 Pasal 9" in json.dumps(body["reasons"])


def test_nothing_holds_before_the_second_person_and_never_by_one_alone(late: Morning) -> None:
    row = proposed(text_of_policy(), LawKind.POLICY, at_ms=at(17, 0))
    assert in_force_on(TUESDAY) == {}
    with pytest.raises(ActError):
        agreed(row, at(17, 1), by=RINA)
    with pytest.raises(ActError):
        given("own-kab-contoh", at(17, 2))
    agreed(row, at(17, 3))
    assert in_force_on(TUESDAY) == {"own-kab-contoh": row.says(OwnPolicy).version}
    assert in_force_on(date(2026, 11, 23)) == {}


def test_the_record_holds_the_digests_and_the_folder_the_texts(in_force: LawAct) -> None:
    said = in_force.says(OwnPolicy)
    assert text_kept(said.text) == text_of_policy()
    assert set(said.extends) == {"permentan-68-2012", "national-base"}
    for name, digest in said.extends.items():
        assert text_kept(digest) == (HERE.settings.policies / f"{name}.yaml").read_bytes()
    bodies = [bytes(row.body).decode() for row in OutboxRow.objects.filter(act__in=("law.make", "law.agree"))]
    assert sum(said.text in body for body in bodies) == 2


def test_rebuilt_elsewhere_from_a_backup_by_another_release_the_law_and_the_verdicts_are_the_same(
    in_force: LawAct, late: Morning, tmp_path: Path
) -> None:
    """The other release ships another base, and a set of the same name."""
    before = verdict_digest()
    backup(late.site, tmp_path / "backup", now_ms=at(18, 0))
    texts = sorted(path.name for path in (tmp_path / "backup" / "law").iterdir())
    assert texts == sorted(path.name for path in law_folder().iterdir())
    policies = tmp_path / "policies"
    for path in HERE.settings.policies.rglob("*.yaml"):
        there = policies / path.relative_to(HERE.settings.policies)
        there.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        there.write_text(text.replace("from_minutes: 1, percent: 0.5", "from_minutes: 1, percent: 0.6"), "utf-8")
    (policies / "kab-contoh.yaml").write_text(text_of_policy("0.1").decode(), encoding="utf-8")
    other = JudgeContext(late.site, policies)
    own_laws._set.cache_clear()
    assert rebuild(other, now_ms=at(17, 11)) == before


def test_a_newer_version_takes_its_place_from_its_first_day_on(in_force: LawAct, late: Morning) -> None:
    wednesday = date(2026, 11, 25)
    newer = agreed(proposed(text_of_policy("0.9"), LawKind.POLICY, from_date=wednesday, at_ms=at(18, 0)), at(18, 5))
    late.tap(demo.SARI, "in", at(7, 42, day=25), signed_ms=at(7, 30, day=25))
    late.tap(demo.SARI, "out", at(16, 5, day=25))
    late.follow(at(16, 10, day=25))
    assert kept(demo.SARI)["deduction_percent"] == "0.75"
    assert kept(demo.SARI, wednesday)["deduction_percent"] == "0.9"
    assert kept(demo.SARI, wednesday)["version"]["policy"] == newer.says(OwnPolicy).version
    then = JudgeContext(late.site, late.context.policies, at(18, 1))
    judged = judge(then, JudgeRequest(days=[(demo.SARI, TUESDAY)], now_ms=at(18, 1)))
    assert judged[demo.SARI, TUESDAY].verdict.deduction_percent == Decimal("0.75")


def test_it_is_ended_and_undone_by_two_and_not_while_it_is_given_to_somebody(in_force: LawAct) -> None:
    thursday = date(2026, 11, 26)
    end = drafted(OwnPolicy(name="own-kab-contoh"), thursday, unit=unit(demo.REGENCY))
    with pytest.raises(ActError, match="policy_in_use"):
        enact(end, at(18, 0))
    with pytest.raises(ActError, match="text_ends_by_two"):
        end_law(number=in_force.number, until_date=thursday, by=ActBy(RINA, at(18, 0), "Selesai."))
    duty = LawAct.objects.current().get(kind=LawKind.DUTY, body__policy="own-kab-contoh")
    end_law(number=duty.number, until_date=thursday, by=ActBy(RINA, at(18, 1), "Kembali."))
    row = enact(drafted(OwnPolicy(name="own-kab-contoh"), thursday, unit=unit(demo.REGENCY)), at(18, 2))
    assert in_force_on(thursday), "one alone ends nothing"
    agreed(row, at(18, 3))
    assert in_force_on(thursday) == {}
    assert in_force_on(TUESDAY)
    row = withdraw_law(number=in_force.number, by=ActBy(RINA, at(18, 4), "Keliru."))
    assert row.withdrawn_at_ms is None, "one alone undoes nothing"
    row = withdraw_law(number=in_force.number, by=ActBy(LINA, at(18, 5), "Keliru."))
    assert row.withdrawn_at_ms is not None


def test_a_coming_version_that_two_agreed_to_is_not_withdrawn_by_one(late: Morning) -> None:
    coming = date(2026, 12, 1)
    row = agreed(proposed(text_of_policy(), LawKind.POLICY, from_date=coming, at_ms=at(17, 0)), at(17, 5))
    row = withdraw_law(number=row.number, by=ActBy(RINA, at(17, 6), "Keliru."))
    assert row.withdrawn_at_ms is None


def test_bringing_and_putting_it_in_force_begins_no_edition(late: Morning) -> None:
    """What an edition changes waits for two people; so does an own policy, by its own act."""
    before = edition_digest(HERE.settings.policies)
    agreed(proposed(text_of_policy(), LawKind.POLICY, at_ms=at(17, 0)), at(17, 5))
    assert edition_digest(HERE.settings.policies) == before


def test_no_set_that_ships_is_called_as_own_ones_are(late: Morning) -> None:
    assert not [name for name in shipped_laws(HERE.settings.policies) if name.startswith("own-")]


def test_a_text_that_is_gone_or_changed_stops_the_office_and_is_named(in_force: LawAct) -> None:
    require_named_law()
    path = law_folder() / f"{in_force.says(OwnPolicy).text}.yaml"
    path.write_bytes(text_of_policy("0.1"))
    own_laws._set.cache_clear()
    with pytest.raises(OwnLawError, match="is not what it was"):
        own_set(str(in_force.says(OwnPolicy).version))
    with pytest.raises(ConditionError, match="Perbup 7/2026"):
        require_named_law()
    path.unlink()
    with pytest.raises(OwnLawError, match="is missing"):
        own_set(str(in_force.says(OwnPolicy).version))
    path.write_bytes(text_of_policy())
    assert own_set(str(in_force.says(OwnPolicy).version))


def test_a_calendar_of_ones_own_frees_its_days_once_two_agree(late: Morning) -> None:
    row = proposed(DECREE.encode(), LawKind.DECREE, at_ms=at(17, 0))
    late.follow(at(17, 1))
    assert kept(demo.SARI)["deduction_percent"] == "0.5"
    agreed(row, at(17, 2))
    late.follow(at(17, 3))
    assert kept(demo.SARI)["status"] == "off_duty"
    assert "Hari jadi" in json.dumps(kept(demo.SARI)["reasons"])
    assert row.says(Decree).text in bytes(OutboxRow.objects.filter(act="law.agree").latest("seq").body).decode()
    before = verdict_digest()
    assert rebuild(late.context, now_ms=at(17, 3)) == before


def test_a_corrected_national_calendar_says_all_of_its_year(late: Morning) -> None:
    """It names no 25 December: that is a work day again."""
    text = DECREE.replace("kind: local, name: Hari jadi", "kind: national, name: Hari lain")
    christmas = date(2026, 12, 25)
    days = JudgeRequest(days=[(demo.SARI, christmas)], now_ms=at(23, 0))
    assert not judge(late.context, days)[demo.SARI, christmas].where.duty_days
    agreed(proposed(text.encode(), LawKind.DECREE, at_ms=at(17, 0)), at(17, 2))
    assert judge(late.context, days)[demo.SARI, christmas].where.duty_days


# --- pages ------------------------------------------------------------------------------------------------------------


PAGE = "/kantor/aturan/sendiri/"


def brought(data: bytes, kind: LawKind = LawKind.POLICY, name: str = "milik.yaml") -> dict[str, object]:
    return {"jenis": kind.value, "berkas": SimpleUploadedFile(name, data)}


def test_every_fault_is_told_at_once_in_either_language_with_its_place(late: Morning, rina: Client) -> None:
    text = text_of_policy("150").decode().replace("certainty: S", "certainty: X")
    answer = rina.post(PAGE, brought(text.encode()))
    assert answer.status_code == 400
    page = text_of(answer.content.decode())
    assert "values.late.TL1[0].value (baris 9) : harus persentase dari 0 sampai 100" in page
    assert "values.late.TL1[0].certainty" in page
    rina.cookies["hadir_bahasa"] = "en"
    english = text_of(rina.post(PAGE, brought(text.encode())).content.decode())
    assert "must be a percentage from 0 to 100" in english
    assert not LawUpload.objects.exists()


def test_from_the_text_to_the_act_on_pages(late: Morning, rina: Client, context: JudgeContext) -> None:
    answer = rina.post(PAGE, brought(text_of_policy()))
    path = answer["Location"]
    page = text_of(rina.get(path).content.decode())
    assert "own-kab-contoh" in page
    assert "nilai dari" in page, "what is borrowed"
    assert "mulai 1 menit: 0,75 %" in page
    assert "Perbup 7/2026 Pasal 9" in page
    tried = rina.post(f"{path}uji/", {"bulan": "2026-11", "unit": demo.REGENCY})
    with Trier() as trier:
        while trier.step(context):
            pass
    assert tried["Location"].endswith(f"/{PolicyTrial.objects.get().number}/")
    assert TrialPerson.objects.get().person_id == demo.SARI
    assert rina.post(path, {"from_date": "2026-11-24"}).status_code == 400
    made = rina.post(path, {"from_date": "2026-11-24", "document": "Perbup 7/2026", "reason": "Telah diundangkan."})
    row = LawAct.objects.get(kind=LawKind.POLICY)
    assert made["Location"] == f"/kantor/aturan/{row.number}/?selesai=make"
    assert not LawUpload.objects.exists()
    lina = browser("lina")
    assert f"/kantor/aturan/{row.number}/" in lina.get("/kantor/tugas/").content.decode()
    asked = text_of(lina.get(f"/kantor/aturan/{row.number}/setujui/").content.decode())
    assert "mulai 1 menit: 0,75 %" in asked, "whoever agrees sees what it costs"
    assert "berlaku juga bagi hari yang sudah dimulai" in asked
    lina.post(f"/kantor/aturan/{row.number}/setujui/", {"reason": "Sesuai."})
    listed = text_of(lina.get(PAGE).content.decode())
    assert "Perbup Contoh 7/2026" in listed
    version = LawAct.objects.get(kind=LawKind.POLICY).says(OwnPolicy).version
    assert "Perbup 7/2026 Pasal 9" in lina.get(f"/kantor/aturan/peraturan/{version}/").content.decode()
    form = rina.get(f"/kantor/aturan/unit/{demo.SCHOOL}/baru/duty/").content.decode()
    assert 'value="own-kab-contoh"' in form
    assert str(version) not in form


def test_whoever_agrees_to_a_coming_text_is_told_that_no_day_changes_yet(late: Morning) -> None:
    row = proposed(text_of_policy(), LawKind.POLICY, from_date=date(2027, 1, 1), at_ms=at(23, 0))
    asked = text_of(browser("lina").get(f"/kantor/aturan/{row.number}/setujui/").content.decode())
    assert "berlaku mulai 1 Januari 2027. Belum ada hari yang berubah." in asked
    assert "hari yang sudah dimulai" not in asked


def test_a_new_version_is_tried_on_whoever_is_judged_by_the_old_one(
    in_force: LawAct, rina: Client, context: JudgeContext
) -> None:
    path = rina.post(PAGE, brought(text_of_policy("0.9")))["Location"]
    rina.post(f"{path}uji/", {"bulan": "2026-11", "unit": demo.REGENCY})
    with Trier() as trier:
        while trier.step(context):
            pass
    one = TrialPerson.objects.get()
    assert (one.person_id, str(one.change)) == (demo.SARI, "0.150")


def test_an_ending_is_proposed_on_its_page(in_force: LawAct, rina: Client) -> None:
    path = f"{PAGE}own-kab-contoh/akhiri/"
    assert "Masih diberikan oleh 1 aturan kerja" in text_of(rina.get(path).content.decode())
    form = {"from_date": "2026-12-01", "document": "Perbup 9/2026", "reason": "Dicabut."}
    assert rina.post(path, form).status_code == 400
    duty = LawAct.objects.current().get(kind=LawKind.DUTY, body__policy="own-kab-contoh")
    end_law(number=duty.number, until_date=date(2026, 12, 1), by=ActBy(RINA, at(23, 30), "Kembali."))
    assert rina.post(path, form).status_code == 302
    assert rina.get(f"{PAGE}own-tidak-ada/akhiri/").status_code == 404


def test_a_head_brings_nothing_and_a_text_is_for_whoever_brought_it(late: Morning, rina: Client) -> None:
    path = rina.post(PAGE, brought(text_of_policy()))["Location"]
    assert browser("lina").get(path).status_code == 404
    hasan = browser("hasan")
    assert hasan.get(PAGE).status_code == 200
    assert hasan.post(PAGE, brought(text_of_policy())).status_code == 403
    assert hasan.get(path).status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        b"x" * (FILE_BYTES_MAX + 1),
        BOMB.encode(),
        b"\xff\xfe\x00policy",
        b"policy: [",
        b"- 1\n- 2\n",
        b"a: &a [*a]\n",
        text_of_policy().replace(b"kab-contoh", b"../../etc/passwd"),
        text_of_policy().replace(b"policy: kab-contoh", b"policy: " + b"k" * 60),
        text_of_policy().replace(b"kab-contoh", b"permentan-68-2012"),
        text_of_policy().replace(b"extends: permentan-68-2012", b"extends: ../permentan"),
        text_of_policy() + b"!!python/object/apply:os.system ['true']\n",
    ],
)
def test_a_hostile_text_is_refused_with_its_faults_and_leaves_nothing(data: bytes, late: Morning, rina: Client) -> None:
    for kind in (LawKind.POLICY, LawKind.DECREE):
        answer = rina.post(PAGE, brought(data, kind, name="../../x.yaml"))
        assert answer.status_code == 400
        assert "Yang salah, menurut tempatnya di berkas" in text_of(answer.content.decode())
    assert not LawUpload.objects.exists()
    assert not law_folder().exists()


def test_a_policy_is_read_under_its_own_name_whatever_ships(late: Morning) -> None:
    read = read_policy(text_of_policy())
    assert read.name == "own-kab-contoh"
    assert list(read.extends) == ["permentan-68-2012", "national-base"]
    assert "own-kab-contoh" not in laws(HERE.settings.policies)


def test_months_days_and_papers_of_people_under_an_own_policy_are_shown(in_force: LawAct, rina: Client) -> None:
    month = f"/kantor/bulan/{demo.SCHOOL}/2026-11/"
    for path in (month, f"{month}rekap.xlsx", f"{month}rekap.pdf", f"/kantor/orang/{demo.SARI}/2026-11-24/"):
        assert rina.get(path).status_code == 200, path
    day = text_of(rina.get(f"/kantor/orang/{demo.SARI}/2026-11-24/").content.decode())
    assert "Perbup 7/2026 Pasal 9" in day
    assert "0,75 %" in text_of(rina.get(f"/kantor/orang/{demo.SARI}/bulan/2026-11/").content.decode()) or "0,75" in day
    assert rina.get("/kantor/aturan/kalender/2026/").status_code == 200
    assert rina.get("/kantor/aturan/peraturan/").status_code == 200


TWICE = b"title: {id: Lagi, en: Again}\n"


@pytest.mark.parametrize(("kind", "text"), [(LawKind.POLICY, OWN_POLICY.encode()), (LawKind.DECREE, DECREE.encode())])
def test_a_key_that_stands_twice_is_told_on_the_page_with_both_lines(
    kind: LawKind, text: bytes, late: Morning, rina: Client
) -> None:
    answer = rina.post(PAGE, brought(text.replace(b"PERCENT", b"0.75") + TWICE, kind))
    last = text.count(b"\n") + 1
    said = text_of(answer.content.decode())
    assert f"title (baris {last}) : title tertulis dua kali, di baris 3 dan di baris {last}" in said
    assert not LawUpload.objects.exists()


def test_a_fault_stands_on_the_page_with_its_line_and_a_misspelt_base_with_the_right_one(
    late: Morning, rina: Client
) -> None:
    said = text_of(rina.post(PAGE, brought(text_of_policy("0,75"), LawKind.POLICY)).content.decode())
    assert "values.late.TL1[0].value (baris 9) : percent hanya terbaca 0, dan 75 di belakang koma" in said
    misspelt = text_of_policy().replace(b"permentan-68-2012", b"permentan_68_2012")
    said = text_of(rina.post(PAGE, brought(misspelt, LawKind.POLICY)).content.decode())
    assert "maksudnya permentan-68-2012?" in said
    assert said.count("belum ada;") == said.count(" is missing") == 0


def test_a_text_in_force_that_a_later_release_would_refuse_still_holds(late: Morning) -> None:
    """It was taken when a key could stand twice and nobody asked what is likely."""
    text = text_of_policy().replace(b"from_minutes: 1,", b"from_minutes: 5,") + TWICE
    with pytest.raises(DocumentError):
        read_policy(text)
    extends = {one: keep_text((HERE.settings.policies / f"{one}.yaml").read_bytes()) for one in CHAIN}
    kept_name = keep_version(OwnVersion(policy="own-kab-contoh", text=keep_text(text), extends=extends))
    assert own_set(kept_name).title["id"] == "Lagi"
    assert own_set(kept_name).on(TUESDAY).arrival.classes[0].from_minutes == 5
    decreed = keep_text(DECREE.encode() + TWICE)
    assert decree(decreed).days.keys() == {date(2026, 11, 24)}


CHAIN = ("permentan-68-2012", "national-base")


def test_what_is_not_of_its_own_regulation_is_counted_by_whose_it_is(late: Morning, rina: Client) -> None:
    place = rina.post(PAGE, brought(text_of_policy(), LawKind.POLICY))["Location"]
    said = text_of(rina.get(place).content.decode())
    assert "Bukan dari peraturan sendiri" in said
    assert "nilai dari Dasar nasional (Perpres 21/2023)" in said
