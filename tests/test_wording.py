"""Sentences that said what is not so, or accused somebody: what stands in their place, and what never comes back."""

import re
from pathlib import Path

import pytest

from hadir.texts import catalogue

PHONE = Path(__file__).parents[1] / "phone" / "src" / "core" / "text"
#: (code, what its Indonesian says, why)
SAID = (
    ("excuse.reason_private", "Jurnal hanya menyimpan kode keasliannya, bukan isinya.", "no fingerprint is kept"),
    ("manual.photo_text", "Jurnal hanya menyimpan kode keasliannya, bukan isinya.", "no fingerprint is kept"),
    ("status.excused", "Tanpa potongan (gangguan sistem)", "attendance is not discarded"),
    ("part.excused", "Tanpa potongan (gangguan sistem)", "attendance is not discarded"),
    ("headline.excused", "Tanpa potongan (gangguan sistem)", "attendance is not discarded"),
    ("today.group.excused", "Tanpa potongan (gangguan sistem)", "attendance is not discarded"),
    ("today.part.excused", "tanpa potongan (gangguan sistem)", "attendance is not discarded"),
    ("arrival.excused", "Masuk tanpa potongan", "attendance is not discarded"),
    ("departure.excused", "Pulang tanpa potongan", "attendance is not discarded"),
    ("headline.covered", "Ada keterangan ({code:name})", "some codes cost"),
    ("arrival.dark", "Masuk menunggu data {source}, paling lambat {due}, dan sampai itu tanpa potongan.", "no codes"),
    (
        "departure.dark",
        "Pulang menunggu data {source}, paling lambat {due}, dan sampai itu tanpa potongan.",
        "no codes",
    ),
    ("months.text.close", "kecuali dibuka kembali dengan izin orang lain", "reopening exists"),
    ("law.section.warnings", "Peringatan", "teguran is a sanction"),
    ("law.section.warned", "Yang dapat diberi peringatan", "teguran is a sanction"),
    ("months.threshold.turun_jabatan", "setingkat lebih rendah", "PP 94"),
    ("months.threshold.bebas_jabatan", "menjadi jabatan pelaksana", "PP 94"),
    ("months.threshold.consecutive", "terus-menerus", "PP 94"),
    ("months.warnings_text", "ditentukan melalui pemeriksaan", "the law needs both steps"),
    ("months.paper.head", "Pimpinan {unit}", "no title that nobody holds"),
    ("months.paper.officer", "Operator Unit Kerja", "the operator signs"),
    ("accounts.role_may.superior", "memberi keterangan bila diminta", "data is not the superior's"),
    ("accounts.make_change_1", "dapat membuka halaman kantor di Hadir", "not into the building"),
    ("accounts.text", "dapat membuka halaman kantor di Hadir", "not into the building"),
    ("trouble.busy.title", "Halaman kantor sedang banyak dibuka", "no crowded building"),
    ("door.office_busy", "Halaman kantor sedang banyak dibuka", "no crowded building"),
    ("slips.change", "layanan absen terganggu, asal halaman Hadir dapat dibuka", "a dead server serves nothing"),
    ("slips.change_many", "layanan absen terganggu, asal halaman Hadir dapat dibuka", "a dead server serves nothing"),
    ("today.part.late", "di antaranya terlambat", "who is late is present"),
    ("password.text", "12 karakter", "digits count, too"),
    ("password.short", "12 karakter", "digits count, too"),
    ("fault.text", "karakter", "digits count, too"),
    ("fault.at_most", "karakter", "digits count, too"),
    ("months.trouble.letters", "enam karakter", "digits count, too"),
    ("law.trial.failed", "Presensi dan hasilnya tidak terpengaruh", "absensi is absence"),
    ("register.column.parent_code", "Kode unit atasan", "induk is the home unit"),
    ("months.heat", "Kalender kehadiran", "no map"),
    ("months.tab.picture", "Kalender dan jam datang", "no map"),
    ("law.table.class", "Kelas", "golongan is a rank"),
    ("uncertain.clock", "kelas keterlambatan yang lebih ringan", "golongan is a rank"),
    ("uncertain.ask", "kelas keterlambatan yang lebih ringan", "golongan is a rank"),
    ("status.undecided", "Belum diputuskan", "a superior's word is no data"),
    ("headline.asked", "Menunggu keterangan atasan", "a superior decides"),
    ("months.remark.undecided", "Belum diputuskan", "a superior's word is no data"),
    ("law.borrowed_from", "sampai peraturan sendiri dibaca", "another government's law"),
)
#: In no sentence at all, in either language.
NEVER = (
    r"[Tt]idak dihitung \(gangguan",
    r"tersimpan sidiknya",
    r"without valid reason|no valid reason",
    r"server (?:sedang )?mati",
    r"[Tt]erlambat, golongan|golongan yang lebih ringan",
    r"[Pp]eta bulan|[Pp]eta dan jam",
    r"\b12 huruf|tanda-tanda|enam tanda",
    r"Kantor sedang ramai",
    r"[Aa]bsensi\b",
    r"[Tt]idak memotong[;.,]",
    r"[Pp]engurangan",
    r"\bTap (?:pukul|ini|pertama|terakhir)|tap tetap",
    r"[Ll]epas piket|jadwal piket|[Gg]iliran rangkap",
    r"jam lentur|[Ww]aktu fleksibel",
    r"[Bb]uku catatan|[Kk]epala pohon",
)


@pytest.mark.parametrize(("code", "said", "why"), SAID)
def test_a_sentence_says_what_is_so(code: str, said: str, why: str) -> None:
    assert said in catalogue()[code]["id"], why


@pytest.mark.parametrize("pattern", NEVER)
def test_what_was_false_stands_nowhere(pattern: str) -> None:
    office = {f"{code} {lang}": text for code, told in catalogue().items() for lang, text in told.items()}
    phone = {
        f"{file.name}:{n}": line for file in PHONE.glob("*.ts") for n, line in enumerate(file.read_text().splitlines())
    }
    assert [name for name, text in {**office, **phone}.items() if re.search(pattern, text)] == []


def test_the_phone_announces_no_time_that_nobody_decided() -> None:
    text = (PHONE / "id.ts").read_text(encoding="utf-8")
    assert "`Diterima pukul ${time}`" in text
    assert "sampai di server" not in text
    assert "Menunggu konfirmasi" not in text
    assert "HP ini menunggu pengesahan; absen dihitung sementara" in text
    assert "nomor Hadir dan kunci digital disimpan sampai Anda dihapus dari HP ini" in text
