"""A rebuild looks only at the signatures that nobody looked at before, and finds what an earlier look found."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing

import pytest

from hadir.ledger.sqlite import JOURNAL_FILE
from hadir.office.devices.models import Device
from hadir.office.follower import following, proving, rebuilding
from hadir.office.projection.models import FaultyLeaf, KeptMark, LeafFault, SeenKey
from hadir.records.jws import Claim
from hadir.records.kinds import Kind
from hadir.records.leaf import parse_leaf
from hadir.records.merkle import root
from hadir.records.note import NoteError, Signer
from hadir.records.office_notes import FAULTS_MAX, ProvenMark, open_proven_mark
from rehearsal.demo import cast as demo
from rehearsal.phones import Phone
from tests.office.conftest import at
from tests.office.morning import Morning
from tests.office.test_faulty_leaves import LATER, forge, forged, found, rebuilt_the_same, sari

__all__ = ["sari"]
pytestmark = pytest.mark.django_db
HELD = bytes(32)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many signatures were held against keys since it was last asked."""
    verify, _ = proving.quickest_verify()
    counts: list[int] = []

    def count(claims: Sequence[Claim]) -> Sequence[bool]:
        counts.append(len(claims))
        return verify(claims)

    def since() -> int:
        told = sum(counts)
        counts.clear()
        return told

    monkeypatch.setattr(proving, "quickest_verify", lambda: (count, ""))
    return since


def mark(morning: Morning) -> ProvenMark:
    offices = morning.context.time_tokens.keys.verifiers("office").values()
    marks = [open_proven_mark(note, offices) for note in KeptMark.objects.values_list("note", flat=True)]
    return next(one for one in marks if one.origin.split("/")[-2] == "gate1")


def leaves_of(morning: Morning) -> list[bytes]:
    with closing(sqlite3.connect(morning.site.journal_folder("gate1") / JOURNAL_FILE)) as journal:
        return [data for (data,) in journal.execute("SELECT data FROM leaf ORDER BY idx")]


def rebuild(morning: Morning) -> str:
    return rebuilding.rebuild(morning.context, now_ms=LATER)


def test_a_rebuild_looks_at_no_signature_again(morning: Morning, sari: Phone, looked_at: Callable[[], int]) -> None:
    for minute in range(10):
        morning.tap(demo.SARI, "in", at(7, minute), flags=())
    morning.follow(LATER)
    assert looked_at() == 10
    assert rebuilt_the_same(morning, LATER)
    assert looked_at() == 0
    morning.tap(demo.SARI, "out", at(16, 40), flags=())
    before = rebuild(morning)
    assert looked_at() == 1, "only what is new"
    assert rebuild(morning) == before
    assert looked_at() == 0
    KeptMark.objects.all().delete()
    assert rebuild(morning) == before
    assert looked_at() == 13, "without its mark it looks at all"


def test_a_mark_is_what_its_leaves_say_whatever_the_batches(
    morning: Morning, sari: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(morning, sari, "in", at(7, 20))
    for minute in range(9):
        morning.tap(demo.SARI, "in", at(8, minute), flags=())
    morning.follow(LATER)
    kept = mark(morning)
    hashes = [parse_leaf(data).hash for data in leaves_of(morning)]
    assert kept.size == len(hashes)
    assert kept.root == merkle_root(hashes)
    assert len(kept.faulty) == 1
    for size in (1, 4, 1_000):
        monkeypatch.setattr(following, "BATCH_LEAVES_MAX", size)
        KeptMark.objects.all().delete()
        rebuild(morning)
        assert mark(morning) == kept
        KeptMark.objects.all().update(note=shorter(morning, hashes, 5))
        rebuild(morning)
        assert mark(morning) == kept, "from the middle of a batch"


def merkle_root(hashes: list[bytes]) -> bytes:
    """By the definition of RFC 6962, not by peaks."""
    from hadir.records.merkle import node_hash  # noqa: PLC0415 - beside its only use

    def node(level: int, position: int) -> bytes:
        if level == 0:
            return hashes[position]
        return node_hash(node(level - 1, 2 * position), node(level - 1, 2 * position + 1))

    return root(len(hashes), node)


def shorter(morning: Morning, hashes: list[bytes], size: int) -> str:
    kept = mark(morning)
    cut = ProvenMark(kept.origin).after(hashes[:size], [at for at in kept.faulty if at < size])
    assert cut is not None
    return cut.sign(morning.site.office_signer())


def test_what_failed_before_the_mark_is_a_fault_after_a_rebuild(
    morning: Morning, sari: Phone, looked_at: Callable[[], int]
) -> None:
    forge(morning, sari, "in", at(7, 20))
    morning.append([(Kind.PUNCH, b"no.record")], at(7, 30))
    morning.tap(demo.BUDI, "in", at(7, 20), phone=Phone(demo.BUDI))
    morning.follow(LATER)
    assert [fault for _, _, fault, _, _ in found()] == [LeafFault.SIGNATURE, LeafFault.SHAPE, LeafFault.NO_KEY]
    FaultyLeaf.objects.all().delete()  # what tables say of faults is not what a mark is made of
    looked_at()
    rebuild(morning)
    assert [fault for _, _, fault, _, _ in found()] == [LeafFault.SIGNATURE, LeafFault.SHAPE, LeafFault.NO_KEY]
    assert looked_at() == 1
    assert rebuilt_the_same(morning, LATER)


def test_a_mark_that_the_office_did_not_sign_is_not_believed(
    morning: Morning, sari: Phone, looked_at: Callable[[], int]
) -> None:
    forge(morning, sari, "in", at(7, 20))
    morning.follow(LATER)
    kept = mark(morning)
    clean = ProvenMark(kept.origin, kept.size, kept.peaks)
    thief = Signer.from_seed(morning.site.office_signer().name, bytes(32))
    other = ProvenMark(f"{kept.origin}x", kept.size, kept.peaks).sign(morning.site.office_signer())
    told = KeptMark.objects.get(origin=kept.origin).note
    altered = told.replace(f"\n{min(kept.faulty)}\n\n", "\n\n\n")
    assert altered != told
    for note in (clean.sign(thief), other, altered, "", "x", morning.token(at(7, 0))):
        KeptMark.objects.filter(origin=kept.origin).update(note=note)
        looked_at()
        assert rebuilt_the_same(morning, LATER), note
        assert looked_at() == 3, note
        assert mark(morning) == kept, "it is begun anew"


def test_a_leaf_that_was_changed_before_the_mark_is_found(
    morning: Morning, sari: Phone, capsys: pytest.CaptureFixture[str], looked_at: Callable[[], int]
) -> None:
    record = morning.tap(demo.SARI, "in", at(8, 50), flags=())
    morning.follow(LATER)
    assert not FaultyLeaf.objects.exists()
    with closing(sqlite3.connect(morning.site.journal_folder("gate1") / JOURNAL_FILE)) as journal, journal:
        for index, data in journal.execute("SELECT idx, data FROM leaf").fetchall():
            if record.encode() in data:
                changed = data.replace(record.encode(), forged(record).encode())
                journal.execute("UPDATE leaf SET data = ? WHERE idx = ?", (changed, index))
    looked_at()
    rebuild(morning)
    assert FaultyLeaf.objects.get().fault == LeafFault.SIGNATURE
    assert looked_at() == 3
    assert "whose signatures were looked at before" in capsys.readouterr().err


def test_a_journal_that_became_shorter_has_no_mark(morning: Morning, sari: Phone, looked_at: Callable[[], int]) -> None:
    morning.tap(demo.SARI, "in", at(8, 50), flags=())
    morning.follow(LATER)
    with closing(sqlite3.connect(morning.site.journal_folder("gate1") / JOURNAL_FILE)) as journal, journal:
        journal.execute("DELETE FROM leaf WHERE idx = (SELECT max(idx) FROM leaf)")
    looked_at()
    rebuild(morning)
    assert looked_at() == 2


def test_a_mark_vouches_for_no_key(morning: Morning, sari: Phone) -> None:
    """A key slipped into a table while its record was read: the signature holds, and nobody ever vouched for it."""
    tono = Phone(demo.BUDI)
    key = SeenKey.objects.create(kid=tono.kid, key=tono.key, person=demo.BUDI, slip=1, first_seen_ms=at(7, 0))
    morning.tap(demo.BUDI, "in", at(7, 20), phone=tono, flags=())
    morning.follow(LATER)
    assert not FaultyLeaf.objects.exists()
    assert not mark(morning).faulty
    key.delete()
    rebuild(morning)
    assert FaultyLeaf.objects.get().fault == LeafFault.NO_KEY
    assert Device.objects.filter(kid=sari.kid).exists()


def test_a_mark_with_too_many_faults_stands_still() -> None:
    full = ProvenMark("a/gate1/2026").after([HELD] * FAULTS_MAX, range(FAULTS_MAX))
    assert full is not None
    office = Signer.from_seed("a/office/2026", HELD)
    assert open_proven_mark(full.sign(office), [office.verifier]) == full
    assert full.after([HELD], [FAULTS_MAX]) is None
    assert full.after([HELD], []) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [("hadir-proven-mark/v1", "hadir-roster/v1"), ("\n3\n", "\n2\n"), ("\n3\n", "\n03\n"), ("\n1\n\n", "\nx\n\n")],
)
def test_a_mark_has_one_spelling(old: str, new: str) -> None:
    office = Signer.from_seed("a/office/2026", HELD)
    made = ProvenMark("a/gate1/2026").after([HELD] * 3, [1])
    assert made is not None
    from hadir.records.note import sign_note  # noqa: PLC0415 - beside its only use

    body = made.sign(office).rpartition("\n\n")[0] + "\n"
    assert old in body + "\n"
    with pytest.raises(NoteError):
        open_proven_mark(sign_note((body + "\n").replace(old, new, 1).removesuffix("\n"), office), [office.verifier])
