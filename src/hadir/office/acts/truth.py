"""Which columns of the office's tables are truth, and which acts may change them.

One line for each column: its kind, and `#` where only a salted digest of it may stand in a journal. Whoever writes an
act hands the rows that it left to `acts.rows`; `hadir office compare` folds them again. A column that no act answers
for stands in `LEFT_OUT` or `NO_TRUTH`, with the reason; a test names each column that stands nowhere.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

BASELINE = "office.baseline"
"""The act that tells, once for each column, what stood there before acts told of it."""


class ColumnShape(StrEnum):
    """How a database's value is written in a record."""

    NUMBER = "N"
    TEXT = "T"
    YES_OR_NO = "B"
    DATE = "D"
    DECIMAL = "M"
    JSON = "J"
    BYTES = "X"


@dataclass(frozen=True, slots=True)
class TruthColumn:
    """`is_private`: a record holds its salted digest."""

    name: str
    shape: ColumnShape
    is_private: bool


@dataclass(frozen=True)
class TruthTable:
    """`acts` begin like this; `told` are its columns, the key first."""

    name: str
    acts: tuple[str, ...]
    told: str

    @cached_property
    def columns(self) -> tuple[TruthColumn, ...]:
        parts = (part.partition(":") for part in self.told.split())
        return tuple(TruthColumn(name, ColumnShape(shape[0]), shape.endswith("#")) for name, _, shape in parts)

    @property
    def key(self) -> TruthColumn:
        return self.columns[0]


_DATED = "id:N from_date:D until_date:D recorded_at_ms:N withdrawn_at_ms:N"
_STEP = "id:N by_id:N at_ms:N record_id:N"

TABLES: tuple[TruthTable, ...] = (
    TruthTable("units_unit", ("unit.", "register."), "number:N parent_id:N name:T# code:T# path:T zone:T"),
    TruthTable("units_withoutsignal", ("unit.",), f"{_DATED} unit_id:N"),
    TruthTable(
        "people_person",
        ("fact.", "register."),
        "number:N full_name:T# title_before:T# title_after:T# nip:T# employment:T",
    ),
    TruthTable("people_assignment", ("fact.", "register."), f"{_DATED} person_id:N unit_id:N kind:T weekdays:T"),
    TruthTable("people_superior", ("fact.", "register."), f"{_DATED} person_id:N superior_id:N"),
    TruthTable("people_career", ("register.",), f"{_DATED} person_id:N kind:T value:T#"),
    TruthTable(
        "accounts_user",
        ("account.", "fact.role", "factor."),
        "id:N login:T# person_id:N is_active:B password:T# has_one_time_password:B asks_factor:B must_add_factor:B"
        " trusted_since_ms:N",
    ),
    TruthTable(
        "accounts_factor",
        ("factor.",),
        "id:N user_id:N kind:T name:T# sealed:X# credential:X# salt:X# digest:T added_at_ms:N removed_at_ms:N",
    ),
    TruthTable(
        "accounts_backupcode", ("factor.",), "id:N user_id:N salt:X# digest:T# made_at_ms:N until_ms:N used_at_ms:N"
    ),
    TruthTable(
        "accounts_factorreset",
        ("factor.",),
        "id:N user_id:N state:T asked_by_id:N asked_at_ms:N asked_record_id:N answered_by_id:N answered_at_ms:N",
    ),
    TruthTable("accounts_factordemand", ("factor.",), "id:N role:T from_date:D recorded_at_ms:N withdrawn_at_ms:N"),
    TruthTable("accounts_rolegrant", ("fact.role", "role."), f"{_DATED} user_id:N role:T unit_id:N"),
    TruthTable("devices_sliprun", ("slip.",), "number:N unit_id:N by_id:N at_ms:N"),
    TruthTable(
        "devices_slip",
        ("slip.",),
        "number:N person_id:N last_valid_day:D voucher:T# issued_by_id:N issued_at_ms:N run_id:N replaced_by_id:N",
    ),
    TruthTable(
        "devices_device",
        ("device.",),
        "kid:T key:X person_id:N slip_id:N from_ms:N until_ms:N decided_at_ms:N",
    ),
    TruthTable("duties_group", ("group.",), "number:N name:T# unit_id:N is_private:B"),
    TruthTable("duties_membership", ("group.",), f"{_DATED} group_id:N person_id:N"),
    TruthTable(
        "duties_lawact",
        ("law.",),
        "number:N kind:T unit_id:N group_id:N person_id:N body:J# document:T# article:T# made_by_id:N made_at_ms:N"
        f" also_by_id:N ending_by_id:N {_DATED.removeprefix('id:N ')}",
    ),
    TruthTable("duties_lawstep", ("law.",), f"{_STEP} law_id:N act:T"),
    TruthTable(
        "duties_rosterday",
        ("roster.",),
        "id:N person_id:N day:D shifts:J# made_by_id:N recorded_at_ms:N withdrawn_at_ms:N",
    ),
    TruthTable(
        "duties_rosterwish",
        ("roster.",),
        "number:N entries:J# document:T# made_by_id:N made_at_ms:N record_id:N state:T decided_by_id:N"
        " decided_at_ms:N decision_id:N",
    ),
    TruthTable(
        "excuses_excuse",
        ("excuse.",),
        "number:N kind:T# scope:T unit_id:N terminal:T from_ms:N until_ms:N is_whole_days:B tail_minutes:N document:T#"
        " basis:T# cause:T state:T entered_at_ms:N entered_by_id:N attested_by_id:N approved_by_id:N"
        " also_approved_by_id:N upload_id:N measured_by:T measured_from_ms:N measured_until_ms:N lifts_proven:B"
        " change_asked_by_id:N",
    ),
    TruthTable("excuses_excusedperson", ("excuse.",), "id:N excuse_id:N person_id:N"),
    TruthTable("excuses_step", ("excuse.",), f"{_STEP} excuse_id:N act:T head_of:T"),
    TruthTable(
        "manual_manualsheet",
        ("manual.",),
        "number:N unit_id:N attester_id:N day:D people:N recorded_at_ms:N record_id:N record_hash:T sheet:T why:T#"
        " withdrawn_by_id:N withdrawal_id:N",
    ),
    TruthTable(
        "days_sighting",
        ("day.",),
        "number:N person_id:N day:D by_id:N at_ms:N record_id:N withdrawn_by_id:N withdrawn_at_ms:N withdrawal_id:N",
    ),
    TruthTable(
        "erasing_erasure",
        ("erasure.",),
        "number:N before:D before_ms:N state:T asked_by_id:N asked_at_ms:N record_id:N decided_by_id:N decided_at_ms:N",
    ),
    TruthTable(
        "months_closing",
        ("month.",),
        "number:N unit_id:N first:D state:T closed_at_ms:N closed_by_id:N due:D people:N versions:J# counts:J#"
        " letters:J# digest:T asked_by_id:N reopened_by_id:N",
    ),
    TruthTable("months_closedrow", ("month.",), "id:N closing_id:N person_id:N body:J# lines:J#"),
    TruthTable("months_carried", ("month.",), "id:N source_id:N person_id:N into_id:N of_allowance:M# lines:J#"),
    TruthTable("months_step", ("month.",), f"{_STEP} closing_id:N act:T"),
    TruthTable("months_letters", ("month.",), "id:N letters:J# set_at_ms:N set_by_id:N record_id:N"),
    TruthTable(
        "months_edition",
        ("edition.",),
        "number:N digest:T rules:T began_at_ms:N record_id:N days:N state:T asked_by_id:N asked_at_ms:N"
        " accepted_by_id:N accepted_at_ms:N",
    ),
    TruthTable(
        "months_olderverdict",
        ("edition.",),
        "id:N edition_id:N person:N day:D unit:N body:J# line:T# said:T# change:T",
    ),
    TruthTable("intake_terminal", ("intake.",), "serial:T first_seen_ms:N"),
    TruthTable("intake_terminalplace", ("intake.",), f"{_DATED} terminal_id:T unit_id:N directions:T"),
    TruthTable("intake_terminalskew", ("intake.",), f"{_DATED} terminal_id:T skew_ms:N"),
    TruthTable("intake_pinholder", ("intake.",), f"{_DATED} terminal_id:T pin:T person_id:N"),
    TruthTable(
        "intake_importedfile",
        ("intake.",),
        "id:N sha256:T terminal_id:T name:T# layout:T by_id:N at_ms:N lines:N accepted:N repeated:N bad:N",
    ),
    TruthTable("intake_badline", ("intake.",), "id:N file_id:N line_number:N fault:T raw:X#"),
)
TABLE_OF = {table.name: table for table in TABLES}

RECORDS = "acts_outboxrow"
"""Held against the leaves themselves: it is the way by which acts come into the journal."""
RECORD_COLUMNS = ("record_id", "kind", "body", "body_hash", "at_ms", "by", "act", "reason", "origin", "index")

LOG_INS = "accounts_login"
"""Held against the records of log-ins: its rows are counted before there is an act."""
LOG_IN_COLUMNS = ("user_id", "at_ms", "outcome", "times", "address", "record_id")

LEFT_OUT: dict[str, dict[str, str]] = {
    "accounts_user": {
        "last_login": "when somebody last came in changes no right",
    },
    "accounts_factor": {
        "used_step": "counted at each log-in, against a code that is typed twice",
        "uses": "counted at each log-in, against a copy of the key",
        "used_at_ms": "when it was last used changes no right",
    },
    LOG_INS: {
        "id": "a number of the database's own; no row names it",
        "browser": "the name of a browser, as it says itself; it stands in no record",
    },
    RECORDS: {
        "seq": "a number of the database's own; the rows that name it are compared",
        "person": "an index for the list of acts; a decision says in its object whom it is about",
    },
}
"""TruthTable -> column -> why no act answers for it."""

NO_TRUTH: dict[str, str] = {
    "follower_": "what the journals said, as the follower read it; `hadir office rebuild` makes it anew",
    "months_dayline": "a verdict in short; made anew with the verdicts",
    "months_lateday": "found anew by the follower",
    "devices_rosterversion": "signed by itself; the gate writes each roster that it loads into its journal",
    "duties_lawupload": "a text that waits to be proposed; what comes of it are acts",
    "duties_policytrial": "a trial changes nothing",
    "duties_trialperson": "a trial changes nothing",
    "excuses_excuseupload": "a file that waits to be carried out; what comes of it are acts",
    "intake_fileupload": "a file that waits to be carried out; what comes of it are acts",
    "register_staffupload": "a file that waits to be carried out; what comes of it are acts",
    "accounts_opensession": "a session, for its owner to see and to end",
    "accounts_trycount": "failures that are forgotten",
    "accounts_accountnote": "what its owner is told once",
    "exports_": "a file that somebody asked for; gone after a day",
    "comparing_": "the result of a comparison, not what is compared",
    "django_": "sessions, and what Django keeps of itself",
    "auth_": "Django's own permissions; no code of ours asks for them",
}
"""How a table's name begins -> why none of it is truth."""
