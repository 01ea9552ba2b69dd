"""Re-hash a whole journal and say whether it is what its signed heads committed to.

One pass over the leaves in bounded memory; a large journal is shared among the processors. Every stored thing is
compared with what the leaves say: tiles, ids, head, tables, details, and SQLite's own structure. That finds whatever
was changed without the gate's key. Who holds the key can write another history that fits in itself: heads that lie
elsewhere, on phones, on paper, at the inspectorate, convict it (`held`), and what no device signed is found by the
devices' own signatures (`Asked.signatures`).
"""

import multiprocessing
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path

from hadir.ledger.audit_devices import (
    DetailSums,
    SignatureCheck,
    SignatureSums,
    journaled_devices,
    look_at_details,
    office_journals,
)
from hadir.ledger.audit_ids import AuditFault, IdSums, first_bad_id, stored_ids
from hadir.ledger.audit_leaves import (
    RANGE_LEAVES,
    ClockSums,
    Range,
    Read,
    begin_looking,
    compare_tile,
    ranges,
    read_range,
)
from hadir.ledger.sqlite import JOURNAL_FILE, SCHEMA_STATEMENTS, SCHEMA_VERSION, connect_reader
from hadir.ledger.tree import TILE_HEIGHT, TILE_WIDTH, fold, split
from hadir.records.keys import KeyList
from hadir.records.merkle import root
from hadir.records.note import Checkpoint, NoteError, VerifierKey, open_note

HELD_HEADS_MAX = 1_000_000
WORKERS_MAX = 8
#: A journal this small is read faster than processes start.
_ALONE_LEAVES_MAX = 8 * RANGE_LEAVES
#: So many ranges are read ahead: enough that no process waits.
_RANGES_OUT = 2 * WORKERS_MAX
_LEVELS = 8
_NOTE_LINES = 5


@dataclass
class AuditResult:
    """`entries` leaves were believed; `first_bad` is the first position that cannot be believed, None when all can;
    `reason` says why; `held` is how many heads from outside agreed. `signatures` is None where nobody asked for them.
    `clock` says where receive times run backwards. `head` is the journal's own, and `marked` how many leaves an earlier
    audit's mark had covered.
    """

    entries: int = 0
    first_bad: int | None = None
    reason: str = "ok"
    held: int = 0
    signatures: SignatureSums | None = None
    clock: ClockSums = field(default_factory=ClockSums)
    details: DetailSums = field(default_factory=DetailSums)
    head: Checkpoint | None = None
    marked: int = 0

    @property
    def ok(self) -> bool:
        return self.first_bad is None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What else an audit looks at. `signatures`: those of devices, which needs a key list; `after`: the head that an
    earlier audit left when it had found nothing: the signatures before it are not looked at again, if the journal still
    begins with it. `origin`: the name that the journal must have.
    """

    signatures: bool = False
    after: Checkpoint | None = None
    origin: str | None = None


NOTHING_ELSE = Asked()


def audit_journal(
    path: Path,
    keys: KeyList,
    held: Sequence[Checkpoint] | None = None,
    asked: Asked = NOTHING_ELSE,
) -> AuditResult:
    """Audit the journal at `path`, its folder or its file.

    Its head must be signed by the journal's key in the list `keys`. `held` are heads that were kept outside
    (`open_heads`); those of other journals are passed over.
    """
    file = path / JOURNAL_FILE if path.is_dir() else path
    audit = _Audit(file, keys, held, asked)
    found = audit.found
    try:
        audit.run()
        found.first_bad, found.reason = audit.told()
    except AuditFault as fault:
        found.first_bad, found.reason = fault.position, fault.reason
    except (sqlite3.Error, ValueError, TypeError) as error:
        found.first_bad, found.reason = found.entries, f"{file} cannot be read from here on: {error}"
    if asked.signatures:
        found.signatures = audit.signatures
    return found


def open_heads(text: str, keys: KeyList) -> list[Checkpoint]:
    """The checkpoints in `text`: signed notes, one after another, empty lines between them or not.

    NoteError for anything else, and for one that its journal's key did not sign: a forged head must not accuse an
    honest journal.
    """
    lines = text.split("\n")
    heads: list[Checkpoint] = []
    at = 0
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        heads.append(_open_head("\n".join(lines[at : at + _NOTE_LINES]) + "\n", keys))
        at += _NOTE_LINES
        if len(heads) > HELD_HEADS_MAX:
            raise NoteError(f"more than {HELD_HEADS_MAX} checkpoints")
    return heads


class _Audit:
    """One audit on its way: `found.entries` leaves are believed so far."""

    def __init__(self, file: Path, keys: KeyList, held: Sequence[Checkpoint] | None, asked: Asked) -> None:
        self._file, self._keys, self._held, self._asked = file, keys, held, asked
        self.found = AuditResult(marked=0 if asked.after is None else asked.after.size)
        self.signatures = SignatureSums()
        #: For each tile level the hashes that no full tile holds yet: the tree so far, in bounded memory.
        self._levels: list[list[bytes]] = [[] for _ in range(_LEVELS)]
        self._ids = IdSums()
        self._heads: list[tuple[Checkpoint, str]] = []
        self._proven = 0

    def told(self) -> tuple[int | None, str]:
        """(first position not to be believed, why) of a journal whose tree holds: signatures, details, times."""
        sums, details, back = self.signatures, self.found.details, self.found.clock.unexplained
        faults: list[tuple[int, str]] = []
        if sums.first_bad is not None:
            faults.append((sums.first_bad, f"{sums.bad} signatures of devices do not hold"))
        if sums.first_no_key is not None:
            faults.append((sums.first_no_key, f"{sums.no_key} records are signed by keys that no office vouches for"))
        if details.wrong:
            at = self.found.entries if details.first_wrong is None else details.first_wrong
            faults.append((at, f"{details.wrong} details are not what their digests name"))
        if back is not None and self.found.clock.speaks:  # a writer that never tells of its clock is not asked why
            why = f"received {back.ms} ms before the one ahead of it, and no clock state or start says why"
            faults.append((back.index, f"position {back.index} was, as it says, {why}"))
        return (min(faults)[0], "; ".join(what for _, what in sorted(faults))) if faults else (None, "ok")

    def run(self) -> None:
        """AuditFault at the first position that cannot be believed."""
        with (
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="structure") as beside,
            closing(connect_reader(self._file)) as self._db,
        ):
            self._db.execute("BEGIN")  # one state, though the gate may go on
            self._origin = self._read_tables()
            self._heads = self._read_heads()
            lowest, count = self._db.execute("SELECT min(idx), coalesce(max(idx) + 1, 0) FROM leaf").fetchone()
            if lowest is not None and lowest < 0:
                raise AuditFault(lowest, f"a leaf stands at position {lowest}; a journal begins with 0")
            look = self._look()
            with _shared(count, look) as share:  # forks, so it comes before the thread
                structure = beside.submit(_structure_fault, self._file)
                self._read_leaves(share(read_range, ranges(self._file, self._origin, count)))
            self._check_end()
            # The index by record id must hold exactly the records: it is what keeps a retry from standing twice.
            if stored_ids(self._db, unspelt=self._ids.unspelt > 0) != self._ids:
                at = first_bad_id(self._db, self.found.entries)
                raise AuditFault(at, f"the index of record ids and the record of position {at} do not agree")
            self.found.details = look_at_details(self._file.parent, self._db)
            if look is not None:
                look.again(self._db, self.signatures)
        if fault := structure.result():
            raise AuditFault(0, f"the file's structure is damaged: {fault}")

    def _look(self) -> SignatureCheck | None:
        """How to look at signatures: by the keys of devices that the office's journals tell, once these hold."""
        if not self._asked.signatures:
            return None
        files = office_journals(self._file, self._keys)
        for file in files:
            if file != self._file.absolute():
                other = audit_journal(file, self._keys)
                if not other.ok:
                    why = f"position {other.first_bad}: {other.reason}"
                    raise AuditFault(
                        0, f"the office's journal {file.parent.name} tells the devices' keys and is bad, {why}"
                    )
        offices = self._keys.verifiers("office").values()
        look = SignatureCheck(journaled_devices(files), offices, after=self.found.marked)
        look.begin()
        return look

    def _read_tables(self) -> str:
        """The journal's name. What else stands in the file must be exactly what Hadir made: a trigger could lie."""
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise AuditFault(0, f"the file has version {version}; this Hadir reads version {SCHEMA_VERSION}")
        found = sorted(str(sql) for (sql,) in self._db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"))
        if found != sorted(SCHEMA_STATEMENTS):
            raise AuditFault(0, "the file's tables are not those of a journal")
        names = self._db.execute("SELECT origin FROM journal").fetchall()
        if len(names) != 1:
            raise AuditFault(0, f"the journal has {len(names)} names")
        origin = str(names[0][0])
        if self._asked.origin not in {None, origin}:
            raise AuditFault(0, f"{origin} lies where {self._asked.origin} belongs")
        return origin

    def _read_heads(self) -> list[tuple[Checkpoint, str]]:
        """(head, whose it is), smallest first: the journal's own, and those held outside."""
        rows = self._db.execute("SELECT size, note FROM head").fetchall()
        if len(rows) != 1:
            raise AuditFault(0, f"the journal has {len(rows)} heads")
        try:
            own = self.found.head = _open_head(str(rows[0][1]), self._keys, self._origin)
        except NoteError as error:
            raise AuditFault(0, f"signed head: {error}") from error
        if own.origin != self._origin or own.size != rows[0][0]:
            raise AuditFault(0, f"the signed head is over {own.size} leaves of {own.origin}")
        outside = [head for head in self._held or () if head.origin == self._origin]
        if self._held is not None and not outside:
            raise AuditFault(0, f"none of the checkpoints from outside is of {self._origin}: nothing was compared")
        heads = [(own, "the journal's own signed head"), *((head, "a head held outside") for head in outside)]
        after = self._asked.after
        if after is not None:
            if after.origin != self._origin:
                raise AuditFault(0, f"the mark is of {after.origin}, not of {self._origin}")
            heads.append((after, "the head that an earlier audit marked"))
        return sorted(heads, key=lambda found: found[0].size)

    def _read_leaves(self, reads: Iterable[Read]) -> None:
        for read in reads:
            for tile_root in read.roots:
                self._complete(tile_root)
            if read.fault is not None:
                raise read.fault
            self._ids.add(read.ids)
            self.signatures.add(read.signatures)
            self.found.clock.join(read.clock)
            if read.edge:
                self._levels[0] = read.edge
                self._check_heads(self.found.entries + len(read.edge))
                self.found.entries += len(read.edge)

    def _complete(self, tile_root: bytes) -> None:
        """One more full tile: heads that end inside it are looked at, and its root goes one level up, which may be full
        then too.
        """
        number = self.found.entries >> TILE_HEIGHT
        if self._heads and self._heads[0][0].size < self.found.entries + TILE_WIDTH:
            tile = self._db.execute("SELECT hashes FROM tile WHERE level = 0 AND number = ?", (number,)).fetchone()[0]
            self._levels[0] = split(tile)  # it agreed with its leaves
            self._check_heads(self.found.entries + TILE_WIDTH - 1)
        self._levels[0] = []
        level, value = 1, tile_root
        while True:
            self._levels[level].append(value)
            if len(self._levels[level]) < TILE_WIDTH:
                break
            number >>= TILE_HEIGHT
            compare_tile(self._db, level, number, self._levels[level])
            value, self._levels[level] = fold(self._levels[level]), []
            level += 1
        self.found.entries += TILE_WIDTH
        self._check_heads(self.found.entries)

    def _check_heads(self, end: int) -> None:
        """Every head up to `end` must be the root over as many leaves."""
        while self._heads and self._heads[0][0].size <= end:
            head, whose = self._heads.pop(0)
            if root(head.size, self._node) != head.root:
                where = self._where(head)
                raise AuditFault(self._proven, f"{whose} over {head.size} leaves is of another history: {where}")
            if head is not self.found.head:  # the key's holder can make the journal's own head agree with anything
                self._proven = head.size
                self.found.held += head is not self._asked.after

    def _node(self, level: int, position: int) -> bytes:
        """RFC 6962 asks a tree only for its largest perfect subtrees, and those end at its right edge."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        begin = (position << height) % TILE_WIDTH
        return fold(self._levels[tile_level][begin : begin + (1 << height)])

    def _where(self, head: Checkpoint) -> str:
        """As exactly as what is stored allows: no tile covers the last leaves yet."""
        place = f"positions {self._proven} to {head.size - 1}"
        uncovered = head.size - head.size % TILE_WIDTH
        return f"{place}, most likely from {uncovered} on" if uncovered > self._proven else place

    def _check_end(self) -> None:
        """No head speaks of leaves that are not here; no leaf lies beyond the signed head, no tile beyond leaves."""
        self._check_heads(self.found.entries)
        if self._heads:
            head, whose = self._heads[-1]
            raise AuditFault(
                self.found.entries, f"{whose} is over {head.size} leaves; the journal holds {self.found.entries}"
            )
        assert self.found.head is not None
        if self.found.head.size != self.found.entries:
            raise AuditFault(
                self.found.head.size, f"{self.found.entries - self.found.head.size} leaves lie beyond the signed head"
            )
        tiles = sum(self.found.entries >> TILE_HEIGHT * level for level in range(1, _LEVELS))
        found = self._db.execute("SELECT count(*) FROM tile").fetchone()[0]
        if found != tiles:
            raise AuditFault(
                self.found.entries - self.found.entries % TILE_WIDTH, f"the journal keeps {found} tiles for {tiles}"
            )


Share = Callable[[Callable[[Range], Read], Iterable[Range]], Iterable[Read]]


@contextmanager
def _shared(count: int, look: SignatureCheck | None = None) -> Iterator[Share]:
    """How to read `count` leaves: in this process, or by one on each processor. Results come in order."""
    workers = min(len(os.sched_getaffinity(0)), WORKERS_MAX)
    if count <= _ALONE_LEAVES_MAX or workers == 1:
        begin_looking(look)
        try:
            yield map
        finally:
            begin_looking(None)
        return
    # Forked: they share the key of the id sums, and the devices' keys.
    pool = multiprocessing.get_context("fork").Pool(workers, begin_looking, (look,))
    try:
        yield partial(_in_turn, pool)
    finally:  # `terminate` would end them in the middle of an answer, and might wait for ever for the lock it held
        pool.close()
        pool.join()


def _in_turn(pool: Pool, read: Callable[[Range], Read], some: Iterable[Range]) -> Iterator[Read]:
    """The results in order; only a few ranges are out, so that an audit that finds a fault soon ends soon."""
    out: deque[AsyncResult[Read]] = deque()
    for one in some:
        out.append(pool.apply_async(read, (one,)))
        if len(out) > _RANGES_OUT:
            yield out.popleft().get()
    while out:
        yield out.popleft().get()


def _structure_fault(file: Path) -> str:
    """SQLite's own check of the file, beside ours (it works outside the interpreter's lock); empty when it is whole."""
    try:
        with closing(connect_reader(file)) as db:
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
    return "" if found == "ok" else found


def _open_head(note: str, keys: KeyList, origin: str | None = None) -> Checkpoint:
    """The checkpoint in a note that the key of its journal signed."""
    name = origin or note.partition("\n")[0]
    dated = keys.named(name, ("gate", "office"))
    known: dict[str, VerifierKey] = {} if dated is None else {name: dated.key}
    return Checkpoint.parse(open_note(note, known)[0])
