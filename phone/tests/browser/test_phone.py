"""The phone in a real browser: what people see, through a dead gate and back."""
# ruff: noqa: INP001, TID251 - as in tests/: real processes, a real clock, a loopback address

from datetime import UTC, datetime
from pathlib import Path

import pytest

from conftest import Gate, Open, rows, set_clock, until

MORNING = "2026-11-24T07:28:13+08:00"


def offset(iso: str) -> int:
    return int((datetime.fromisoformat(iso) - datetime.now(UTC)).total_seconds() * 1000)


def test_a_slip_enrols_and_leaves_the_address_bar(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    assert "v=" not in page.url
    assert "Pegawai 1042" in page.inner_text("header")


def test_a_typed_code_says_which_line_is_wrong(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.url)
    code = gate.tell()["voucher"]
    lines = [code[at : at + 20] for at in range(0, 120, 20)]
    typed = [f"{line[:5]} {line[5:10]} {line[10:15]} {line[15:]} {check(line)}" for line in lines]
    wrong = [*typed[:2], "Z" + typed[2][1:] if typed[2][0] != "Z" else "Y" + typed[2][1:], *typed[3:]]
    page.get_by_test_id("enrol-code").fill("\n".join(wrong))
    page.get_by_test_id("enrol-submit").click()
    until(lambda: "baris 3." in page.inner_text("#code-error"))
    page.get_by_test_id("enrol-code").fill("\n".join(typed))
    page.get_by_test_id("enrol-submit").click()
    page.get_by_test_id("tap-in").wait_for()


def check(line: str) -> str:
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return alphabet[sum((at + 1) * alphabet.index(char) for at, char in enumerate(line)) % 31]


def test_sari_taps_while_the_gate_is_dead_and_it_arrives_by_itself(gate: Gate, restarting: Open) -> None:
    context = restarting()
    set_clock(context, MORNING)
    page = context.new_page()
    gate.tell(offset_ms=offset(MORNING))
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    until(lambda: page.evaluate("navigator.serviceWorker.getRegistration().then(r => !!(r && r.active))"))
    gate.stop()
    page.reload()
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting"])
    assert "Tersimpan di HP, menunggu dikirim" in page.inner_text("main")
    context.close()

    context = restarting()
    set_clock(context, "2026-11-24T08:04:50+08:00")
    page = context.new_page()
    page.goto(gate.url)
    until(lambda: rows(page) == ["waiting"])
    gate.start()
    gate.tell(offset_ms=offset("2026-11-24T08:05:00+08:00"))
    until(lambda: rows(page) == ["recorded"], 60)
    text = page.inner_text("[data-testid=punch-row]")
    assert "Masuk 07.28 · Tercatat" in text
    assert "Tercatat" in text
    assert "Diterima pukul 08.05" in text
    assert "· dihitung" not in text, "the office has said nothing yet"


def test_a_gate_that_comes_back_while_the_page_stays_open_gets_the_tap_and_the_statement(
    gate: Gate, phone: Open
) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    gate.stop()
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting"])
    gate.start()
    until(lambda: rows(page) == ["recorded"], 60)
    (statement,) = until(lambda: gate.tell()["witnesses"])
    (punch,) = gate.tell()["punches"]
    assert statement["payload"]["punch"] == punch["hash"]
    assert statement["payload"]["origin_ms"] == punch["payload"]["origin_ms"]
    assert statement["payload"]["signed_time"] is not None


CUT_OFF = (
    "new Promise(done => { const open = indexedDB.open('hadir'); open.onsuccess = () => {"
    " const tx = open.result.transaction('punches', 'readwrite'); const store = tx.objectStore('punches');"
    " store.getAll().onsuccess = ({target}) => target.result.forEach(each =>"
    " store.put({...each, entry: {...each.entry, state: 'sending'}}));"
    " tx.oncomplete = () => { open.result.close(); done(true); }; }; })"
)


def test_a_browser_closed_in_the_middle_of_sending_sends_again_by_itself(gate: Gate, phone: Open) -> None:
    context = phone()
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    until(lambda: page.evaluate("navigator.serviceWorker.getRegistration().then(r => !!(r && r.active))"))
    gate.stop()
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["waiting"])
    page.goto(gate.url + "/manifest.webmanifest")  # no page of ours runs
    assert page.evaluate(CUT_OFF)
    gate.start()
    page.goto(gate.url)
    until(lambda: rows(page) == ["recorded"], 30)


def test_a_second_tap_never_becomes_a_departure(gate: Gate, phone: Open) -> None:
    context = phone()
    set_clock(context, MORNING)
    gate.tell(offset_ms=offset(MORNING))
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded", "recorded"])
    assert "Masuk sudah tercatat pukul 07.28" in page.inner_text("[data-testid=tap-in]")
    assert [punch["payload"]["direction"] for punch in gate.tell()["punches"]] == ["in", "in"]
    assert page.get_by_test_id("wrong-button").count() == 0


def test_pulang_in_the_morning_without_masuk_offers_masuk(gate: Gate, phone: Open) -> None:
    context = phone()
    set_clock(context, MORNING)
    gate.tell(offset_ms=offset(MORNING))
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-out").click()
    page.get_by_test_id("wrong-button").click()
    until(lambda: rows(page) == ["recorded", "recorded"])
    assert page.get_by_test_id("wrong-button").count() == 0
    assert [punch["payload"]["direction"] for punch in gate.tell()["punches"]] == ["out", "in"]


def test_a_refused_tap_stays_and_says_what_to_do(gate: Gate, phone: Open) -> None:
    gate.tell(refusal={"code": "unknown_key", "id": "Kunci HP ini belum dikenal.", "en": "Key not known."})
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["refused"])
    text = page.inner_text("[data-testid=punch-row]")
    assert "Kunci HP ini belum dikenal." in text
    assert "Tersimpan di HP, belum diterima" in text
    assert "tidak hilang" in text
    gate.tell(refusal=None)
    page.reload()
    until(lambda: rows(page) == ["recorded"], 40)


def test_a_receipt_file_can_be_saved(gate: Gate, phone: Open, tmp_path: Path) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    page.get_by_test_id("punch-row").click()
    with page.expect_download() as download:
        page.get_by_text("Simpan tanda terima").click()
    download.value.save_as(tmp_path / "receipt.txt")
    assert (tmp_path / "receipt.txt").read_text().startswith("hadir-receipt/v1\ney")


def test_todays_result_is_shown_when_the_office_answers(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    until(lambda: "Belum diketahui" in page.inner_text("[data-testid=result]"))
    gate.tell(today=today_answer(page.evaluate("new Date().toLocaleDateString('sv', {timeZone:'Asia/Makassar'})")))
    page.reload()
    until(lambda: "Tepat waktu" in page.inner_text("[data-testid=result]"))
    assert "Sari · SDN Tamban 3" in page.inner_text("header")
    assert "Jadwal kerja 07.30\u201316.00" in page.inner_text("main")


LAW = {
    "policy": {"id": "Permentan 68 tahun 2012", "en": "Regulation 68 of 2012"},
    "why": [{"id": "Jam kerja Ramadan.", "en": "Ramadan hours.", "article": "Perpres 21/2023 pasal 8"}],
    "acts": [{"kind": {"id": "Surat edaran", "en": "Circular"}, "ref": "800/12/BKPP"}],
    "ceremonies": [{"name": "Apel", "start": "07:30", "end": "07:45"}],
}


def test_the_rules_of_the_day_are_told_offline_too_and_say_from_when_they_are(gate: Gate, restarting: Open) -> None:
    context = restarting()
    set_clock(context, MORNING)
    gate.tell(offset_ms=offset(MORNING), today={**today_answer("2026-11-24"), "law": LAW})
    page = context.new_page()
    page.goto(gate.slip)
    until(lambda: "Apel 07.30 · Surat edaran" in page.inner_text("[data-testid=rules-line]"))
    until(lambda: page.evaluate("navigator.serviceWorker.getRegistration().then(r => !!(r && r.active))"))
    gate.stop()
    page.reload()
    page.get_by_test_id("rules-line").click()
    until(lambda: "Perpres 21/2023 pasal 8" in page.inner_text("main"))
    assert "dilihat Selasa, 24 November, 07.28" in page.inner_text("main")
    assert "belum diketahui" not in page.inner_text("main")
    context.close()

    context = restarting()
    set_clock(context, "2026-11-25T07:10:00+08:00")
    page = context.new_page()
    page.goto(gate.url)
    until(lambda: "Jadwal terakhir diketahui: Selasa, 24 November" in page.inner_text("[data-testid=rules-line]"))
    page.get_by_test_id("rules-line").click()
    assert "Yang hari ini belum diketahui" in page.inner_text("main")


def test_an_office_that_says_its_rules_otherwise_costs_nobody_his_result(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    date = page.evaluate("new Date().toLocaleDateString('sv', {timeZone:'Asia/Makassar'})")
    gate.tell(today={**today_answer(date), "law": [{"policy": 7}]})
    page.reload()
    until(lambda: "Tepat waktu" in page.inner_text("[data-testid=result]"))


def today_answer(date: str) -> dict[str, object]:
    return {
        "person": {"name": "Sari", "unit": "SDN Tamban 3", "zone": "Asia/Makassar"},
        "date": date,
        "duty": {"start": "07:30", "end": "16:00"},
        "verdict": {
            "provisional": True,
            "headline": {"id": "Tepat waktu", "en": "On time"},
            "arrival": {"id": "Masuk 07:28:13, sebelum 07:30", "en": "In 07:28:13, before 07:30"},
            "departure": None,
            "reasons": [{"id": "Perbup 12/2023 pasal 7", "en": "Regulation 12/2023 article 7"}],
            "suggest": None,
        },
        "punches": [],
    }


@pytest.mark.parametrize("gate", ["rehearsal/tamban"], indirect=True)
def test_a_rehearsal_says_so_on_every_page(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    until(lambda: "LATIHAN" in page.inner_text("body"))
    for tab in ("Bulan ini", "Lainnya", "Hari ini"):
        page.get_by_role("link", name=tab).click()
        assert "LATIHAN" in page.inner_text("body")


def test_two_tabs_do_not_fork_the_chain(gate: Gate, phone: Open) -> None:
    context = phone()
    first = context.new_page()
    first.goto(gate.slip)
    first.get_by_test_id("tap-in").wait_for()
    second = context.new_page()
    second.goto(gate.url)
    second.get_by_test_id("tap-in").wait_for()
    for _ in range(5):
        first.evaluate("document.querySelector('[data-testid=tap-in]').click()")
        second.evaluate("document.querySelector('[data-testid=tap-in]').click()")
    until(lambda: len(gate.tell()["punches"]) == 10, 30)
    payloads = sorted(
        (punch["payload"]["seq"], punch["payload"]["prev"], punch["hash"]) for punch in gate.tell()["punches"]
    )
    assert [seq for seq, _, _ in payloads] == list(range(1, 11))
    assert [prev for _, prev, _ in payloads] == [None, *[own for _, _, own in payloads[:-1]]]


def test_a_broken_app_says_what_to_do_instead(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.route("**/assets/*.js", lambda route: route.fulfill(body="throw 1", content_type="text/javascript"))
    page.goto(gate.url)
    until(lambda: "lapor kepada atasan" in page.inner_text("body"), 10)


def test_what_counts_stands_on_the_screen_only_after_the_office_has_said_it(gate: Gate, phone: Open) -> None:
    """The phone's clock is six minutes fast: neither its own time nor any other is called the one that counts."""
    context = phone()
    set_clock(context, "2026-11-24T07:34:16+08:00")
    gate.tell(offset_ms=offset(MORNING))
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    text = page.inner_text("[data-testid=punch-row]")
    assert "Masuk 07.34 · Tercatat" in text
    assert "Diterima pukul 07.28" in text
    assert "· dihitung" not in text
    page.get_by_test_id("punch-row").click()
    until(lambda: "Diterima" in page.inner_text("main"))
    assert "Jam yang dihitung" not in page.inner_text("main")
    page.evaluate("location.hash = '#/'")
    (punch,) = gate.tell()["punches"]
    counted = int(datetime.fromisoformat(MORNING).timestamp() * 1000)
    word = {"record_hash": punch["hash"], "direction": "in", "judged_ms": counted}
    word |= {"grade_word": {"id": "langsung", "en": "direct"}, "received_at_ms": counted}
    gate.tell(today={**today_answer("2026-11-24"), "punches": [word]})
    page.reload()
    until(lambda: "Diterima pukul 07.28 · dihitung 07.28.13" in page.inner_text("[data-testid=punch-row]"))
    page.get_by_role("button", name="EN", exact=True).click()
    until(lambda: "Received 07:28 · counts as 07:28:13" in page.inner_text("[data-testid=punch-row]"))


def test_a_tap_received_on_another_day_names_that_day(gate: Gate, phone: Open) -> None:
    context = phone()
    set_clock(context, MORNING)
    gate.tell(offset_ms=offset("2026-11-25T07:31:00+08:00"))
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: "Diterima 25 November 2026 pukul 07.31" in page.inner_text("[data-testid=punch-row]"))


def test_a_fault_of_form_is_said_in_plain_words_with_its_cause_below(gate: Gate, phone: Open) -> None:
    gate.tell(refusal={"code": "bad_header", "id": "Kepala catatan tidak sesuai bentuk.", "en": "Header."})
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["refused"])
    text = page.inner_text("[data-testid=punch-row]")
    assert "Absen ini tidak dapat dibaca. Perbarui aplikasi; absen tetap tersimpan di HP." in text
    assert "Kepala catatan tidak sesuai bentuk." in text


def test_where_the_phone_is_is_never_asked(gate: Gate, phone: Open) -> None:
    context = phone(
        geolocation={"latitude": -3.0123456, "longitude": 114.6543211, "accuracy": 12}, permissions=["geolocation"]
    )
    context.add_init_script(
        "window.asked = 0; for (const way of ['getCurrentPosition', 'watchPosition'])"
        " Geolocation.prototype[way] = () => { window.asked++; };"
    )
    page = context.new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    page.reload()
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    (punch,) = gate.tell()["punches"]
    assert punch["payload"]["details"] == punch["details"] == []
    assert page.evaluate("window.asked") == 0
    assert "okasi" not in page.inner_text("body")


def test_a_revoked_phone_is_told_by_the_gate_and_its_taps_go_on(gate: Gate, phone: Open) -> None:
    gate.tell(flags=["unconfirmed", "revoked_key"])
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    notice = page.get_by_test_id("standing").inner_text()
    assert "tidak berlaku lagi" in notice
    assert "diketahui" in notice
    assert "menunggu pengesahan" not in page.inner_text("main")
    until(lambda: page.evaluate("navigator.serviceWorker.getRegistration().then(r => !!(r && r.active))"))
    gate.stop()
    page.reload()
    assert "tidak berlaku lagi" in page.get_by_test_id("standing").inner_text(), "away from the gate it still knows"
    page.get_by_test_id("tap-in").click()
    until(lambda: "waiting" in rows(page))
    gate.start()
    gate.tell(flags=[])
    until(lambda: rows(page) == ["recorded", "recorded"], 60)
    until(lambda: page.get_by_test_id("standing").count() == 0)


def test_a_revoked_phone_is_told_by_the_office_before_it_taps(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").wait_for()
    refusal = {"code": "revoked_key", "id": "HP ini sudah tidak terdaftar.", "en": "Not registered."}
    gate.tell(today={"status": 403, "body": {"refusal": refusal}})
    page.reload()
    until(lambda: "tidak berlaku lagi" in page.get_by_test_id("standing").inner_text())
    page.get_by_role("link", name="Lainnya").click()
    assert "Tidak berlaku lagi. Minta kartu baru" in page.inner_text("main")


WAITS = "HP ini menunggu pengesahan; absen dihitung sementara"


def test_until_the_phone_is_confirmed_no_time_is_said_to_count(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: rows(page) == ["recorded"])
    record = str(page.get_by_test_id("punch-row").get_attribute("href")).rpartition("/")[2]
    date = page.evaluate("new Date().toLocaleDateString('sv', {timeZone:'Asia/Makassar'})")
    midnight_ms = page.evaluate(f"Date.parse('{date}T00:00:00+08:00')")
    word = {"record_hash": record, "direction": "in", "judged_ms": midnight_ms + 26_893_000, "received_at_ms": 0}
    told = {**today_answer(date), "punches": [{**word, "grade_word": None}]}
    gate.tell(today={**told, "verdict": None, "confirmed": False})
    page.reload()
    until(lambda: "Tampil setelah HP ini disahkan" in page.get_by_test_id("result").inner_text())
    assert WAITS in page.get_by_test_id("punch-row").inner_text()
    assert "dihitung 07.28.13" not in page.inner_text("main")
    page.get_by_test_id("punch-row").click()
    page.get_by_text("Bukti teknis").wait_for()
    assert "Jam yang dihitung" not in page.inner_text("main")
    page.get_by_role("link", name="Lainnya").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Today").click()
    until(lambda: "this counts meanwhile" in page.get_by_test_id("punch-row").inner_text())
    assert "counts as" not in page.inner_text("main")

    gate.tell(today={**told, "confirmed": True})
    page.reload()
    until(lambda: "counts as 07:28:13" in page.get_by_test_id("punch-row").inner_text())


def test_after_confirmation_no_row_still_waits_for_it(gate: Gate, phone: Open) -> None:
    page = phone().new_page()
    page.goto(gate.slip)
    page.get_by_test_id("tap-in").click()
    until(lambda: WAITS in page.inner_text("[data-testid=punch-row]"))
    date = page.evaluate("new Date().toLocaleDateString('sv', {timeZone:'Asia/Makassar'})")
    gate.tell(today={**today_answer(date), "confirmed": True})
    page.reload()
    until(lambda: rows(page) == ["recorded"] and "menunggu pengesahan" not in page.inner_text("main"))


def test_at_seven_in_the_morning_a_night_nurses_big_button_is_pulang(gate: Gate, phone: Open) -> None:
    context = phone()
    set_clock(context, "2026-11-25T07:05:00+08:00")
    gate.tell(offset_ms=offset("2026-11-25T07:05:00+08:00"))
    start, end = (int(datetime.fromisoformat(f"2026-11-{each}:00+08:00").timestamp() * 1000) for each in NIGHT)
    night = {"date": "2026-11-24", "verdict": today_answer("2026-11-24")["verdict"]}
    duties = [{"date": "2026-11-24", "start_ms": start, "end_ms": end}]
    gate.tell(today={**today_answer("2026-11-25"), "duty": None, "verdict": None, "duties": duties, "night": night})
    page = context.new_page()
    page.goto(gate.slip)
    until(lambda: "Absen Pulang" in page.inner_text(".tap.big"))
    until(lambda: "Sif Selasa, 24 November, 21.00\u201307.00" in page.inner_text("[data-testid=rules-line]"))
    assert "Hasil sif Selasa, 24 November" in page.inner_text("[data-testid=result]")
    page.get_by_test_id("tap-out").click()
    until(lambda: rows(page) == ["recorded"])
    assert page.get_by_test_id("wrong-button").count() == 0


NIGHT = ("24T21:00", "25T07:00")
