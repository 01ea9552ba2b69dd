"""Twelve kinds of attack on a journal's files, at many places each; `hadir audit --against` must find every one.

Nine need only the database administrator's hands. Three (roll back, fork, re-signed history) leave a journal that fits
in itself, the last two with a stolen gate key: only heads that were held outside convict them.
"""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from hadir.ledger import Entry
from hadir.ledger.audit import AuditResult, audit_journal
from hadir.ledger.sqlite import JOURNAL_FILE, SqliteJournal
from hadir.records.keys import DatedKey, KeyList
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf, parse_leaf
from hadir.records.note import Checkpoint, Signer
from hadir.records.server_records import GatePulse
from hadir.records.strict import encode
from rehearsal.phones import EPOCH_MS, Phone
from rehearsal.watch import say

PLACES = 50
LEAVES = 700
BATCH_MAX = 30
_PULSE_EVERY = 9
_FLIPS_TRIED_MAX = 10_000

#: Changes the file for the place; the first position that the change touched, at which or before which an audit must
#: stop believing.
Attack = Callable[["_Scene", Path, int], int]
TableAttack = Callable[["_Scene", sqlite3.Connection, int], int]
Batch = tuple[int, list[Entry]]


@dataclass
class TamperReport:
    """`found` attacks of `attacks`, and what was said of the others."""

    attacks: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.attacks > 0 and self.found == self.attacks


@dataclass(frozen=True)
class _Scene:
    """An honest journal, its heads as somebody outside holds them, and the thief's tools."""

    folder: Path
    signer: Signer
    keys: KeyList
    history: list[Batch]
    heads: list[Checkpoint]
    notes: list[str]
    dice: random.Random

    @property
    def file(self) -> Path:
        return self.folder / "honest" / JOURNAL_FILE


def tamper_drill(folder: Path, *, places: int, seed: int) -> TamperReport:
    """Attack copies of a fresh journal under `folder`, each kind at `places` places; what the audit found."""
    scene = _scene(folder, random.Random(seed))  # noqa: S311 - a drill repeats from its seed
    honest = audit_journal(scene.file, scene.keys, scene.heads)
    if not honest.ok or honest.held != len(scene.heads):
        raise AssertionError(f"the honest journal is not believed: {honest.reason}")
    report = TamperReport()
    for kind, attack in ATTACKS.items():
        tried = [_try_attack(scene, attack, place) for place in _places(scene, places)]
        found, alone, exact = (sum(one) for one in zip(*(one[:3] for one in tried), strict=True))
        report.attacks += len(tried)
        report.found += found
        report.missed += [f"{kind} {said}" for is_found, *_, said in tried if not is_found]
        say(f"{kind}: {found} of {places} found, {alone} without heads, {exact} to the position")
    return report


def _places(scene: _Scene, places: int) -> list[int]:
    """The edges of tiles and of the journal, and random places."""
    edges = [1, 255, 256, 257, 511, 512, LEAVES - 2]
    return (edges + [scene.dice.randrange(1, LEAVES - 1) for _ in range(places)])[:places]


def _try_attack(scene: _Scene, attack: Attack, place: int) -> tuple[bool, bool, bool, str]:
    """Whether it was found; without heads from outside; at the very position; and what was said."""
    target = scene.folder / "target"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    shutil.copyfile(scene.file, target / JOURNAL_FILE)
    touched = attack(scene, target / JOURNAL_FILE, place)
    result = audit_journal(target, scene.keys, scene.heads)
    said = f"at {place}: position {result.first_bad}, touched {touched}: {result.reason}"
    alone = not audit_journal(target, scene.keys).ok
    return _is_found(result, touched), alone, result.first_bad == touched, said


def _is_found(result: AuditResult, touched: int) -> bool:
    """Found is more than suspected: nothing at or behind the change is believed."""
    return result.first_bad is not None and result.first_bad <= touched


def _scene(folder: Path, dice: random.Random) -> _Scene:
    signer = Signer.from_seed("rehearsal/tamper/gate1/2026", dice.randbytes(32))
    history = list(_history(dice))
    notes = _write(folder / "honest", signer, history)
    heads = [Checkpoint.parse(note.rpartition("\n\n")[0] + "\n") for note in notes]
    key = DatedKey(use="gate", key=signer.verifier, from_ms=0, until_ms=None)
    keys = KeyList(site="rehearsal/tamper", keys=(key,))
    return _Scene(folder=folder, signer=signer, keys=keys, history=history, heads=heads, notes=notes, dice=dice)


def _history(dice: random.Random) -> Iterator[Batch]:
    phones, made = [Phone(person) for person in range(1, 6)], 0
    while made < LEAVES:
        count = min(dice.randint(1, BATCH_MAX), LEAVES - made)
        yield EPOCH_MS + made, [_entry(made + at, dice.choice(phones)) for at in range(count)]
        made += count


def _entry(number: int, phone: Phone) -> Entry:
    if number % _PULSE_EVERY == 0:
        return Entry(kind=Kind.GATE_PULSE, body=encode(GatePulse(v=1, answered=number, refused=0)))
    members = phone.payload()
    return Entry(kind=Kind.PUNCH, body=phone.sign(members).encode(), id=bytes.fromhex(members["id"].replace("-", "")))


def _write(folder: Path, signer: Signer, history: list[Batch]) -> list[str]:
    """A journal of this history; its head after each batch."""
    journal = SqliteJournal(folder, signer)
    notes = []
    for now_ms, entries in history:
        journal.append(entries, now_ms=now_ms)
        notes.append(journal.checkpoint())
    journal.close()
    return notes


def _in_tables(change: TableAttack) -> Attack:
    """An attack on the rows of a journal, in one transaction."""

    def attack(scene: _Scene, file: Path, place: int) -> int:
        with closing(sqlite3.connect(file)) as db, db:
            return change(scene, db, place)

    return attack


def _data(db: sqlite3.Connection, at: int) -> bytes:
    return bytes(db.execute("SELECT data FROM leaf WHERE idx = ?", (at,)).fetchone()[0])


def _put(db: sqlite3.Connection, at: int, data: bytes) -> None:
    db.execute("UPDATE leaf SET data = ? WHERE idx = ?", (data, at))


def _moved(data: bytes, to: int) -> bytes:
    """The same leaf with the header of another position, as a careful forger writes it."""
    leaf = parse_leaf(data)
    return Leaf(kind=leaf.kind, origin=leaf.origin, index=to, received_at_ms=leaf.received_at_ms, body=leaf.body).data


def _edit(_: _Scene, db: sqlite3.Connection, place: int) -> int:
    """A letter of the body, or the time in the header: somebody was not late after all."""
    data = bytearray(_data(db, place))
    at = -1 - place % 60 if place % 2 else len(parse_leaf(bytes(data)).header) - 5
    data[at] ^= 1
    _put(db, place, bytes(data))
    return place


def _delete(_: _Scene, db: sqlite3.Connection, place: int) -> int:
    """Gone; every second time the later ones move up, with their headers rewritten."""
    db.execute("DELETE FROM leaf WHERE idx = ?", (place,))
    db.execute("DELETE FROM record_id WHERE idx = ?", (place,))
    if place % 2:
        for at, data in db.execute("SELECT idx, data FROM leaf WHERE idx > ? ORDER BY idx", (place,)).fetchall():
            db.execute("UPDATE leaf SET idx = ?, data = ? WHERE idx = ?", (at - 1, _moved(data, at - 1), at))
        db.execute("UPDATE record_id SET idx = idx - 1 WHERE idx > ?", (place,))
    return place


def _insert(scene: _Scene, db: sqlite3.Connection, place: int) -> int:
    """A forged punch, or a second copy of a real one, and the later ones move down."""
    forged = _entry(place * _PULSE_EVERY + 1, Phone(99))
    data = _data(db, place) if place % 2 else _leaf(scene, forged, place).data
    for at, moved in db.execute("SELECT idx, data FROM leaf WHERE idx >= ? ORDER BY idx DESC", (place,)).fetchall():
        db.execute("UPDATE leaf SET idx = ?, data = ? WHERE idx = ?", (at + 1, _moved(moved, at + 1), at))
    db.execute("INSERT INTO leaf VALUES (?, ?)", (place, data))
    return place + place % 2


def _leaf(scene: _Scene, entry: Entry, at: int) -> Leaf:
    return Leaf(kind=entry.kind, origin=scene.signer.name, index=at, received_at_ms=EPOCH_MS + at, body=entry.body)


def _swap(_: _Scene, db: sqlite3.Connection, place: int) -> int:
    """Two neighbours change places, with the right headers."""
    here, there = _data(db, place), _data(db, place + 1)
    _put(db, place, _moved(there, place))
    _put(db, place + 1, _moved(here, place + 1))
    return place


def _truncate(_: _Scene, db: sqlite3.Connection, place: int) -> int:
    """The end is gone, tiles and ids too; the signed head cannot be made to fit."""
    db.execute("DELETE FROM leaf WHERE idx >= ?", (place,))
    db.execute("DELETE FROM record_id WHERE idx >= ?", (place,))
    db.execute("DELETE FROM tile WHERE (number + 1) * 256 > ?", (place,))
    if place % 2:
        db.execute("UPDATE head SET size = ?", (place,))
    return place


def _roll_back(scene: _Scene, file: Path, place: int) -> int:
    """An older copy of the whole file, with the head that was genuine then."""
    batches, size = _until(scene, place)
    _replace(scene, file, scene.history[:batches])
    return size


def _fork(scene: _Scene, file: Path, place: int) -> int:
    """An older copy that went on with other records, signed with the stolen key."""
    batches, size = _until(scene, place)
    other = [(now_ms, [_entry(1, Phone(99)) for _ in entries]) for now_ms, entries in scene.history[batches:]]
    _replace(scene, file, scene.history[:batches] + other)
    return size


def _resign(scene: _Scene, file: Path, place: int) -> int:
    """One record replaced, and everything after it computed and signed again with the stolen key."""
    history, first = [], 0
    for now_ms, entries in scene.history:
        kept = [_entry(1, Phone(99)) if first + at == place else entry for at, entry in enumerate(entries)]
        history.append((now_ms, kept))
        first += len(entries)
    _replace(scene, file, history)
    return place


def _until(scene: _Scene, place: int) -> tuple[int, int]:
    """(how many batches lie wholly before `place`, how many leaves they hold)."""
    sizes = [head.size for head in scene.heads]
    batches = sum(size <= place for size in sizes)
    return batches, sizes[batches - 1] if batches else 0


def _replace(scene: _Scene, file: Path, history: list[Batch]) -> None:
    file.unlink()
    _write(file.parent, scene.signer, history)


def _tile(scene: _Scene, db: sqlite3.Connection, place: int) -> int:
    """A stored hash: proofs would lie."""
    at = min(place, LEAVES // 256 * 256 - 1)
    number = at // 256
    hashes = bytearray(db.execute("SELECT hashes FROM tile WHERE level = 0 AND number = ?", (number,)).fetchone()[0])
    hashes[at % 256 * 32 + scene.dice.randrange(32)] ^= 1 << scene.dice.randrange(8)
    db.execute("UPDATE tile SET hashes = ? WHERE level = 0 AND number = ?", (bytes(hashes), number))
    return at


def _head(scene: _Scene, db: sqlite3.Connection, place: int) -> int:
    """The head alone: an older genuine one in its place, or a letter of its root or signature."""
    note = scene.notes[place % (len(scene.notes) - 1)]
    if place % 2:
        at = -2 - place % 80
        note = scene.notes[-1]
        note = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]
    db.execute("UPDATE head SET note = ?", (note,))
    return LEAVES


def _ids(scene: _Scene, db: sqlite3.Connection, place: int) -> int:
    """The index by record id: an entry lost, pointing elsewhere, or too many: a retry would stand twice."""
    at = place + (place % _PULSE_EVERY == 0)
    if place % 3 == 0:
        db.execute("DELETE FROM record_id WHERE idx = ?", (at,))
    elif place % 3 == 1:
        db.execute("UPDATE record_id SET id = ? WHERE idx = ?", (scene.dice.randbytes(16), at))
    else:
        db.execute("INSERT INTO record_id VALUES (?, ?)", (scene.dice.randbytes(16), at))
    return at


def _bits(scene: _Scene, file: Path, _: int) -> int:
    """One bit of the file, wherever it changes anything at all (a bit of unused space changes no journal)."""
    honest = file.read_bytes()
    before = _contents(file)
    for _attempt in range(_FLIPS_TRIED_MAX):
        changed = bytearray(honest)
        changed[scene.dice.randrange(len(honest))] ^= 1 << scene.dice.randrange(8)
        file.write_bytes(changed)
        if _contents(file) != before:
            return LEAVES
    raise AssertionError("no bit of the file changes the journal")


def _contents(file: Path) -> object:
    """Everything that SQLite reads from a file; None when it cannot."""
    db = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        tables = ("sqlite_schema", "journal", "leaf", "record_id", "tile", "head")
        rows = [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]  # noqa: S608 - our own names
        return rows, db.execute("PRAGMA user_version").fetchall(), db.execute("PRAGMA quick_check").fetchall()
    except sqlite3.Error:
        return None
    finally:
        db.close()


ATTACKS: dict[str, Attack] = {
    "edit": _in_tables(_edit),
    "delete": _in_tables(_delete),
    "insert": _in_tables(_insert),
    "swap": _in_tables(_swap),
    "truncate": _in_tables(_truncate),
    "roll back": _roll_back,
    "fork": _fork,
    "re-signed history": _resign,
    "tile": _in_tables(_tile),
    "head": _in_tables(_head),
    "record ids": _in_tables(_ids),
    "bits": _bits,
}
