"""`hadir doctor`: what would stop or weaken a site, and what to do. Each is a check of the running machine, which
changes nothing.

A check yields what it finds; one that cannot be made, since another finding stands in its way, yields nothing.
"""

# Models can be imported only after django.setup(), hence the imports inside functions.
# ruff: noqa: PLC0415

import argparse
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from hadir.cli.command import Commands, add_command, settings_of, tell
from hadir.cli.running import GateState, ask_gate, programs_of
from hadir.config import SettingError, Settings, phone_shell, shipped
from hadir.continuity import read_last_backup
from hadir.gate.roster import STALE_AFTER_MS
from hadir.gate.waiting import ROOM_BYTES_MIN
from hadir.ledger import JournalError
from hadir.ledger.sqlite import JOURNAL_FILE, is_missing, leaves_in
from hadir.office.ground.installation import database_of
from hadir.office.programs.commands import prepare
from hadir.office.programs.conditions import ConditionError, require_address, require_law, require_named_law
from hadir.office.programs.upgrading import DatabaseMissingError, UpgradeError, require_tables
from hadir.owners import wrong_paths
from hadir.records.days import DAY_MS, local_date
from hadir.records.kinds import Kind
from hadir.records.leaf import Leaf
from hadir.records.note import NoteError, open_note
from hadir.records.office_notes import CURRENT_NOTE, RosterNote
from hadir.records.server_records import FileLine
from hadir.records.strict import decode
from hadir.site import Site, SiteError, open_site
from hadir.texts import LANGS, Lang, render

#: A journal grows by some 5 MB a day for a regency; with less room than this a week may be too long to look again.
ROOM_LOW_BYTES = 1 << 30
BACKUP_OLD_DAYS = 2
_NAMED_PATHS_MAX = 5
_NEWEST_LEAVES = 2_000
_RIGHT_CLOCKS = frozenset({"ok", "simulated"})


class Severity(StrEnum):
    """`STOPS`: a program does not start, or takes nothing. `WEAKENS`: a promise or a protection does not hold. `NOTE`:
    worth knowing; a site with nothing else is well.
    """

    STOPS = "stops"
    WEAKENS = "weakens"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """`doctor.<code>` of the catalogue says what it is and what to do."""

    code: str
    severity: Severity
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Patient:
    """A site and the settings under which its programs would run."""

    site: Site
    settings: Settings


Check = Callable[[Patient], Iterator[DoctorFinding]]


def add_doctor(commands: Commands) -> None:
    text = "what would stop or weaken this site, and what to do; changes nothing"
    as_json = 'print {"ok","findings":[{"code","severity","do"}]}'
    lang = {"--lang": {"choices": LANGS, "default": "id", "help": "the language of what to do"}}
    # `runs_on`: what is wrong in the folder is told here, and not put right.
    add_command(commands, "doctor", _doctor, text, as_json=as_json, runs_on=True, options=lang)


def _doctor(arguments: argparse.Namespace) -> int:
    """0 when nothing stops or weakens the site."""
    settings, lang = settings_of(arguments), arguments.lang
    try:
        found = findings(Patient(open_site(settings.data), settings))
    except SiteError as error:
        found = [DoctorFinding("site_unreadable", Severity.STOPS, {"why": error})]
    is_well = all(one.severity is Severity.NOTE for one in found)
    told = [{"code": one.code, "severity": one.severity.value, "do": _do(one, lang)} for one in found]
    lines = [f"{render(f'doctor.severity.{one.severity}', lang)}  {_do(one, lang)}" for one in found]
    well = render("doctor.well" if is_well else "doctor.not_well", lang)
    tell(arguments, {"ok": is_well, "findings": told}, [*lines, well])
    return 0 if is_well else 1


def _do(finding: DoctorFinding, lang: Lang) -> str:
    params = finding.params
    if finding.code == "gate_not_ready":
        params = {**params, "why": render(f"gate.reason.{params['code']}", lang)}
    return render(f"doctor.{finding.code}", lang, params)


def findings(patient: Patient) -> list[DoctorFinding]:
    """All of them, the worst first."""
    found = [one for check in CHECKS for one in check(patient)]
    return sorted(found, key=lambda one: list(Severity).index(one.severity))


def _law(patient: Patient) -> Iterator[DoctorFinding]:
    try:
        require_law(patient.settings)
    except ConditionError:
        yield DoctorFinding("law_missing", Severity.STOPS, {"folder": patient.settings.policies})


def _host(patient: Patient) -> Iterator[DoctorFinding]:
    try:
        require_address(patient.settings, patient.site)
    except ConditionError:
        yield DoctorFinding("host_name_missing", Severity.STOPS)


def _phone(_: Patient) -> Iterator[DoctorFinding]:
    try:
        phone_shell()
    except SettingError:
        yield DoctorFinding("phone_not_built", Severity.STOPS, {"folder": shipped("phone") / "dist"})


def _database(patient: Patient) -> Iterator[DoctorFinding]:
    try:
        database_of(patient.settings.office_db, patient.site.office_db)
    except SettingError:
        yield DoctorFinding("database_driver_missing", Severity.STOPS)


def _tables(patient: Patient) -> Iterator[DoctorFinding]:
    if [*_law(patient), *_database(patient)]:
        return
    try:
        prepare(patient.settings)
    except DatabaseMissingError:
        yield DoctorFinding("database_missing", Severity.STOPS, {"file": patient.site.office_db})
        return
    from django.db import DatabaseError

    try:
        require_tables()
        require_named_law()
    except UpgradeError:
        yield DoctorFinding("tables_of_another_release", Severity.STOPS)
    except ConditionError:
        yield DoctorFinding("law_incomplete", Severity.STOPS, {"folder": patient.settings.policies})
    except DatabaseError:
        yield DoctorFinding("database_unreachable", Severity.STOPS)
    else:
        from hadir.office.projection.models import FaultyLeaf

        if count := FaultyLeaf.objects.count():  # records that no phone signed, as the follower found them
            yield DoctorFinding("unproven_records", Severity.WEAKENS, {"n": count})


def _accounts(patient: Patient) -> Iterator[DoctorFinding]:
    """Accounts with a role that demands a second factor today, and without one."""
    before = [*_law(patient), *_database(patient), *_tables(patient)]
    if patient.site.rehearsal or any(one.severity is Severity.STOPS for one in before):
        return
    from django.db.models import Exists, OuterRef

    from hadir.office.accounts.models import Factor, RoleGrant
    from hadir.office.accounts.queries import demands

    day = local_date(patient.site.clock().now_ms(), patient.site.zone)
    roles = [one.role.value for one in demands() if one.is_fixed or (one.from_date and one.from_date <= day)]
    live = Factor.objects.filter(user=OuterRef("user"), removed_at_ms=None)
    held = RoleGrant.objects.on(day).filter(~Exists(live), role__in=roles, user__is_active=True)
    if n := held.values("user").distinct().count():
        yield DoctorFinding("accounts_without_factor", Severity.WEAKENS, {"n": n})


def _modes(patient: Patient) -> Iterator[DoctorFinding]:
    if wrong := wrong_paths(patient.site):
        some = ", ".join(sorted(wrong)[:_NAMED_PATHS_MAX])
        yield DoctorFinding(
            "wrong_modes", Severity.WEAKENS, {"n": len(wrong), "paths": some, "data": patient.site.data}
        )


def _keys(patient: Patient) -> Iterator[DoctorFinding]:
    site = patient.site
    if (site.keys_folder / "root.key").exists() and not site.rehearsal:
        yield DoctorFinding("root_key_here", Severity.WEAKENS, {"path": site.keys_folder / "root.key"})
    try:
        site.gate_signer()
        site.office_signer()
    except SiteError as error:
        if not isinstance(error.__cause__, PermissionError):  # another user's key, where each has its own
            yield DoctorFinding("key_missing", Severity.STOPS, {"folder": site.keys_folder})
    if not site.owners and not site.rehearsal:
        yield DoctorFinding("one_user", Severity.NOTE)


def _clock(patient: Patient) -> Iterator[DoctorFinding]:
    quality = patient.site.clock().quality()
    if quality.word not in _RIGHT_CLOCKS:
        yield DoctorFinding("clock_in_doubt", Severity.WEAKENS, {"word": quality.word, "error_ms": quality.error_ms})


def _room(patient: Patient) -> Iterator[DoctorFinding]:
    found = os.statvfs(patient.site.data)
    free = found.f_bavail * found.f_frsize
    params: dict[str, object] = {"mebibytes": free >> 20, "data": patient.site.data}
    if free < ROOM_BYTES_MIN:
        yield DoctorFinding("disk_full", Severity.STOPS, params)
    elif free < ROOM_LOW_BYTES:
        yield DoctorFinding("disk_low", Severity.WEAKENS, params)


def _backups(patient: Patient) -> Iterator[DoctorFinding]:
    if patient.site.rehearsal:
        return
    last_ms = read_last_backup(patient.site)
    if last_ms is None:
        yield DoctorFinding("backup_missing", Severity.WEAKENS)
        return
    days = int((patient.site.clock().now_ms() - last_ms) / DAY_MS)
    if days >= BACKUP_OLD_DAYS:
        yield DoctorFinding("backup_old", Severity.WEAKENS, {"days": days})


def _roster(patient: Patient) -> Iterator[DoctorFinding]:
    site = patient.site
    try:
        text = (site.roster_folder / CURRENT_NOTE).read_text(encoding="utf-8")
        note = RosterNote.parse(open_note(text, site.key_list().verifiers("office"))[0])
    except FileNotFoundError:
        yield DoctorFinding("roster_missing", Severity.WEAKENS)
    except (OSError, ValueError, NoteError):
        yield DoctorFinding("roster_damaged", Severity.WEAKENS)
    else:
        if site.clock().now_ms() - note.issued_ms > STALE_AFTER_MS:
            yield DoctorFinding("roster_stale", Severity.WEAKENS)


def _journals(patient: Patient) -> Iterator[DoctorFinding]:
    for folder in patient.site.expected_journal_folders():
        if is_missing(folder):
            yield DoctorFinding("journal_missing", Severity.STOPS, {"folder": folder})
        if not (folder / JOURNAL_FILE).exists():
            continue
        # Of the office's journal every leaf; of others, whose lines name nobody, the newest ones.
        newest = None if folder.name.startswith("office") else _NEWEST_LEAVES
        try:
            named = sum(map(_names_somebody, leaves_in(folder, newest=newest)))
        except (JournalError, ValueError, sqlite3.Error):
            yield DoctorFinding("journal_unreadable", Severity.STOPS, {"folder": folder})
        else:
            if named:
                yield DoctorFinding("names_in_leaves", Severity.NOTE, {"n": named, "folder": folder.name})


def _names_somebody(leaf: Leaf) -> bool:
    """Older releases kept the line of a terminal's file as it was, with the name that some of them write into it."""
    if leaf.kind is not Kind.FILE_LINE:
        return False
    cells = decode(leaf.body, FileLine).line.split("\t")
    return any(sum(map(str.isalpha, cell)) > 1 and not any(map(str.isdigit, cell)) for cell in cells)


def _code(patient: Patient) -> Iterator[DoctorFinding]:
    """Programs that were started before the code on disk changed run two releases at once."""
    package = Path(__file__).resolve().parents[1]
    newest_s = max(path.stat().st_mtime for path in package.rglob("*.*") if path.suffix != ".pyc")
    if older := sorted(one.pid for one in programs_of(patient.site) if _started_s(one.pid) < newest_s):
        yield DoctorFinding("code_changed", Severity.WEAKENS, {"pids": ", ".join(map(str, older))})


def _gate(patient: Patient) -> Iterator[DoctorFinding]:
    """Whether a tap that came now would get its receipt, by the gate's own word, where the site runs."""
    programs = [one for one in programs_of(patient.site) if one.stays]
    if not programs:
        yield DoctorFinding("site_stopped", Severity.NOTE)
        return
    heard = ask_gate(programs)
    if heard.state is GateState.NOT_RUNNING:
        yield DoctorFinding("gate_not_running", Severity.STOPS)
    elif heard.state is GateState.SILENT:
        yield DoctorFinding("gate_silent", Severity.STOPS, {"at": heard.at})
    elif heard.state is GateState.NOT_READY:
        yield DoctorFinding("gate_not_ready", Severity.STOPS, {"code": heard.reason})


def _started_s(pid: int) -> float:
    """Unix time; for a process that is gone, later than anything."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        booted = next(
            line for line in Path("/proc/stat").read_text(encoding="utf-8").splitlines() if line.startswith("btime")
        )
    except OSError:
        return float("inf")
    return int(booted.split()[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")


#: What is looked at. A room that knows of another weakness adds its check here, and its two texts to `doctor.json`.
CHECKS: list[Check] = [
    _law, _host, _phone, _database, _tables, _accounts, _modes, _keys, _clock, _room, _backups, _roster, _journals,
    _code, _gate,
]  # fmt: skip
