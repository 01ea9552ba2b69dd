"""The list of log-ins against the records of log-ins, which were held against their leaves before.

A row that counts a minute which is not over has no record yet, and is not looked at. The browser stands in no record.
"""

import json
from collections.abc import Callable
from typing import Any

from hadir.office.acts.truth import LOG_INS, RECORDS
from hadir.office.comparing.raw import as_bytes, asked

_ACTS = "('login.good', 'login.bad')"
_LISTED = f"""
SELECT listed.id, listed.user_id, listed.at_ms, listed.outcome, listed.times, listed.address, record.record_id,
       record.body, record.act IN {_ACTS}
FROM {LOG_INS} listed LEFT JOIN {RECORDS} record ON record.seq = listed.record_id
WHERE listed.record_id IS NOT NULL ORDER BY listed.id
"""  # noqa: S608 - names of our own
_UNLISTED = f"""
SELECT record.seq, record.record_id
FROM {RECORDS} record LEFT JOIN {LOG_INS} listed ON record.seq = listed.record_id
WHERE record.act IN {_ACTS} AND listed.id IS NULL ORDER BY record.seq
"""  # noqa: S608 - names of our own


def hold_log_ins(tell: Callable[..., None]) -> None:
    """Tells of rows that say something else than their records, rows of no record, and records without a row."""
    for key, user, at_ms, outcome, times, address, record, body, is_log_in in asked(_LISTED):
        if not is_log_in:
            tell(LOG_INS, str(key), None, "too_much", record=record)
            continue
        found = {"user_id": user, "at_ms": at_ms, "outcome": outcome, "times": times}
        for column, expected in _said(body).items():
            if found[column] != expected:
                tell(LOG_INS, str(key), column, "differs", expected=expected, found=found[column], record=record)
        if address:  # it stands beside the record only, where it can be erased
            tell(LOG_INS, str(key), "address", "differs", record=record)
    for seq, record in asked(_UNLISTED):
        tell(LOG_INS, f"record {seq}", None, "missing", record=record)


def _said(body: bytes | memoryview) -> dict[str, Any]:
    try:
        record = json.loads(as_bytes(body))
        account = record["object"].partition("/")[2]
        outcome, _, times = ("good", "", 1) if record["act"] == "login.good" else record["after"].partition(" ")
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}  # the record itself was changed, which is told where it is held against its leaf
    return {
        "user_id": int(account) if account.isdecimal() else None,
        "at_ms": record.get("at_ms"),
        "outcome": outcome,
        "times": int(times) if str(times).isdecimal() else None,
    }
