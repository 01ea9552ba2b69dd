"""What two people in the office decided to erase, erased by the gate: nobody else may write its journal and details.

In small steps, each of which may be repeated after a crash, with the same result:

1. Read the office's signed list, and tell every store: from then on no detail of before is kept, if sent again.
2. Look through each journal of this gate, the earlier ones first, for records of before; mark their details.
3. Say in the present journal of each that it is erased (kind 23), but of none twice.
4. Overwrite and remove what is marked.
5. When all was looked through, say that it is done (kind 26).

No gate knows places, so no finding (kind 22) is there to be written before a location goes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from hadir.ledger import Entry, JournalError, Reader
from hadir.ledger.details import DETAILS_FILE, DetailStore, OpenErasure
from hadir.ledger.sqlite import JOURNAL_FILE, JournalReader, SqliteJournal
from hadir.records.encoding import b64url, un_b64url
from hadir.records.jws import parse_jws
from hadir.records.kinds import PUNCH_KINDS, Kind
from hadir.records.leaf import Leaf
from hadir.records.note import NoteError, VerifierKey, open_note
from hadir.records.office_notes import ERASURES_NOTE, ErasureList
from hadir.records.phone_records import PunchPayload, read_phone_record
from hadir.records.refusals import Refused
from hadir.records.server_records import DetailErased, ErasureDone
from hadir.records.strict import decode, encode
from hadir.site import Site, SiteError

LEAVES_AT_ONCE = 300
ERASED_AT_ONCE_MAX = 100
_TAIL_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Errand:
    """What to write into the journal, and what to do when that is durable."""

    entries: list[Entry]
    then: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A journal of this gate and the details beside it."""

    leaves: Reader
    store: DetailStore


class Eraser:
    """Carries erasures out, a step at a time. `earlier` are the folders of this gate's journals that ended."""

    def __init__(
        self,
        journal: Reader,
        details: DetailStore,
        *,
        earlier: Sequence[Path],
        notes: Path,
        offices: dict[str, VerifierKey],
    ) -> None:
        self._journal = journal
        self._earlier, self._is_all_read = _open_earlier(earlier)
        self._shelves = [_Shelf(*one) for one in (*self._earlier, (journal, details))]
        self._note, self._offices = notes / ERASURES_NOTE, offices
        self._seen: tuple[int, int] | None = None
        self._list = ErasureList(())
        self._learned: set[int] = set()
        self.fault = ""

    def close(self) -> None:
        """Let go of the earlier journals."""
        for reader, store in self._earlier:
            reader.close()
            store.close()

    def look(self, now_ms: int) -> None:
        """Take a newer list in. A day that is still to come erases nothing: it was signed by mistake."""
        self._read_list()
        for one in self._list.erasures:
            if one.number not in self._learned and one.before_ms <= now_ms:
                for shelf in self._shelves:
                    shelf.store.learn(one.number, one.before_ms)
                self._learned.add(one.number)

    def next(self) -> Errand | None:
        """The next step, or None when nothing is left to do."""
        for shelf in self._shelves:
            if (erasure := shelf.store.open_erasure()) is not None:
                return self._step(shelf, erasure)
        return None

    def _step(self, shelf: _Shelf, erasure: OpenErasure) -> Errand | None:
        if marked := shelf.store.marked()[:ERASED_AT_ONCE_MAX]:
            return self._tell(shelf, erasure, marked)
        if erasure.is_searched:
            return self._end(shelf, erasure)
        size = shelf.leaves.size()
        if erasure.next_index >= size or shelf.store.is_empty():
            shelf.store.searched(erasure.number, told_from=self._journal.size())
            return Errand([], lambda: None)
        some = _some(shelf.leaves, erasure.next_index)
        digests = [digest for leaf in some for digest in _named(leaf, erasure.before_ms)]
        upto = min(size, erasure.next_index + LEAVES_AT_ONCE)
        shelf.store.mark(erasure.number, digests, next_index=upto, told_from=self._journal.size())
        return Errand([], lambda: None)

    def _tell(self, shelf: _Shelf, erasure: OpenErasure, marked: list[bytes]) -> Errand:
        told = {decode(leaf.body, DetailErased).digest for leaf in self._told(erasure, Kind.DETAIL_ERASED)}
        reason = f"erasure/{erasure.number}"
        records = [DetailErased(v=1, digest=b64url(one), reason=reason) for one in marked if b64url(one) not in told]
        entries = [Entry(kind=Kind.DETAIL_ERASED, body=encode(record)) for record in records]
        return Errand(entries, lambda: shelf.store.drop(marked))

    def _end(self, shelf: _Shelf, erasure: OpenErasure) -> Errand | None:
        def end() -> None:
            shelf.store.end(erasure.number)

        if shelf is not self._shelves[-1]:
            return Errand([], end)
        if not self._is_all_read:  # what cannot be looked through is not done
            return None
        if any(
            decode(leaf.body, ErasureDone).number == erasure.number for leaf in self._told(erasure, Kind.ERASURE_DONE)
        ):
            return Errand([], end)
        erased = sum(one.store.erased_by(erasure.number) for one in self._shelves)
        done = ErasureDone(v=1, number=erasure.number, before_ms=erasure.before_ms, erased=erased)
        return Errand([Entry(kind=Kind.ERASURE_DONE, body=encode(done))], end)

    def _told(self, erasure: OpenErasure, kind: Kind) -> Iterator[Leaf]:
        """What the journal says already, since the last mark: before a crash, perhaps."""
        for start in range(erasure.told_from, self._journal.size(), _TAIL_AT_ONCE):
            yield from (leaf for leaf in self._journal.read(start, _TAIL_AT_ONCE) if leaf.kind is kind)

    def _read_list(self) -> None:
        """A list that does not verify, or that lacks what an earlier one had, is not used."""
        try:
            found = self._note.stat()
            if self._seen == (found.st_mtime_ns, found.st_ino):
                return
            body, _ = open_note(self._note.read_text(encoding="utf-8"), self._offices)
            self._list, self.fault = ErasureList.parse(body), ""
        except FileNotFoundError:
            return
        except (NoteError, OSError, UnicodeDecodeError) as error:
            self.fault = str(error)
        self._seen = (found.st_mtime_ns, found.st_ino)


def _open_earlier(folders: Sequence[Path]) -> tuple[list[tuple[JournalReader, DetailStore]], bool]:
    """Those that can be read, and whether all can: a damaged old journal keeps no tap of today out."""
    opened: list[tuple[JournalReader, DetailStore]] = []
    for folder in folders:
        with suppress(JournalError):
            opened.append((JournalReader(folder), DetailStore(folder)))
    return opened, len(opened) == len(folders)


def open_eraser(site: Site, journal: Reader, details: DetailStore) -> Eraser:
    """For the gate of a data folder, over its journal now and those before it."""
    earlier = earlier_folders(site.data / "journals", site.gate, site.journal_folder(site.gate))
    return Eraser(
        journal, details, earlier=earlier, notes=site.roster_folder, offices=site.key_list().verifiers("office")
    )


def carry_out(site: Site, *, now_ms: int) -> None:
    """Everything that is decided, at once, where no gate runs. JournalBusyError where one does; SiteError for a list
    that cannot be used.
    """
    folder = site.journal_folder(site.gate)
    with (
        closing(SqliteJournal(folder, site.gate_signer())) as journal,
        closing(DetailStore(folder)) as details,
        closing(open_eraser(site, journal, details)) as eraser,
    ):
        eraser.look(now_ms)
        if eraser.fault:
            raise SiteError(f"the list of erasures cannot be used: {eraser.fault}")
        while (errand := eraser.next()) is not None:
            if errand.entries:
                journal.append(errand.entries, now_ms=now_ms)
            errand.then()


def earlier_folders(journals: Path, gate: str, present: Path) -> list[Path]:
    """The folders of a gate's journals that ended, if they have details."""
    found = sorted(folder for name in (gate, f"{gate}-*") for folder in journals.glob(name))
    files = (JOURNAL_FILE, DETAILS_FILE)
    return [folder for folder in found if folder != present and all((folder / file).exists() for file in files)]


def _some(leaves: Reader, start: int) -> Iterator[Leaf]:
    """The next leaves; one that is damaged is passed over."""
    try:
        yield from leaves.read(start, LEAVES_AT_ONCE)
    except ValueError:
        for index in range(start, min(start + LEAVES_AT_ONCE, leaves.size())):
            try:
                yield from leaves.read(index, 1)
            except ValueError:
                continue


def _named(leaf: Leaf, before_ms: int) -> list[bytes]:
    """The details of a record that was made or received before that moment."""
    if leaf.kind not in PUNCH_KINDS:
        return []
    try:
        payload = read_phone_record(parse_jws(leaf.body.decode("ascii")), PUNCH_KINDS).payload
        digests = [un_b64url(one.digest) for one in payload.details] if isinstance(payload, PunchPayload) else []
    except (Refused, ValueError):
        return []
    assert isinstance(payload, PunchPayload)
    return digests if min(leaf.received_at_ms, payload.wall_ms) < before_ms else []
