"""`hadir bench revocation`: from the click that revokes a phone until the gate flags that phone's taps.

1. Make a small regency with one day of taps, and start `hadir serve` on it: door, gate, office, follower.
2. Revoke one phone after another on the office's page, as the personnel agency does.
3. After each, tap with that phone until the gate writes `revoked_key` beside its tap. The taps before are flagged by
   nobody: that is looked at too, or the figure would prove nothing.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

from hadir.ledger.sqlite import JournalReader
from hadir.records.kinds import Kind
from hadir.site import Site
from rehearsal.bench.isolation import MORNING, SEED, OfficeClerk, made_regency, served
from rehearsal.bench.tools import NOISE_CORES_MAX, BenchError, Meter, fresh_folder
from rehearsal.morning.count import quantile
from rehearsal.phones import Phone, private_key, record_hash
from rehearsal.watch import Stopwatch, say
from rehearsal.web import ask

PEOPLE, FIRST = 300, 1_101
LIMIT_S = 60
"""A revocation reaches the gate within so long: what the project promises."""
_GIVE_UP_S = 5 * LIMIT_S
_TAIL = 50
_PAUSE_S = 1.0


def bench_revocation(work: Path, *, times: int) -> dict[str, Any]:
    """The figures of `hadir bench revocation --json`; progress goes to standard error."""
    with fresh_folder(work / "revocation") as folder:
        site = made_regency(folder / "data", PEOPLE, MORNING, whole_month=False)
        with served(site) as port:
            meter = Meter([])
            seconds, early = _revoke_some(port, site, times)
            others = meter.others_cores(0)
    seconds.sort()
    return {
        "revocations": len(seconds),
        "median_s": round(quantile(seconds, 0.5), 2),
        "longest_s": round(seconds[-1], 2),
        "limit_s": LIMIT_S,
        "longest_of_limit": round(seconds[-1] / LIMIT_S, 3),
        "flagged_before": early,
        "other_programs_cores": round(others, 2),
        "noisy": others > NOISE_CORES_MAX,
    }


def _revoke_some(port: int, site: Site, times: int) -> tuple[list[float], int]:
    """Seconds of each revocation, and how many taps were flagged before theirs."""
    seconds: list[float] = []
    early, clerk = 0, OfficeClerk(port)
    for number in range(FIRST, FIRST + times):
        phone = Phone(number, private=private_key(f"rehearsal {SEED}", number))
        early += _is_flagged(port, site, phone)
        seconds.append(_revoke(clerk, port, site, phone))
        say(f"{len(seconds)}: {seconds[-1]:.2f} s")
    return seconds, early


def _revoke(clerk: OfficeClerk, port: int, site: Site, phone: Phone) -> float:
    """From the click until the gate's flag."""
    page, watch = f"/kantor/hp/{phone.kid}/cabut/", Stopwatch()
    answer = clerk.post(page, page, {"reason": "HP hilang."})
    went_to = answer.headers.get("location", "")
    if "selesai=revoke" not in went_to:
        raise BenchError(f"the office did not revoke {phone.kid}: {answer.status} {went_to}")
    while not _is_flagged(port, site, phone):
        if watch.seconds > _GIVE_UP_S:
            raise BenchError(f"the gate took {phone.kid} for valid for more than {_GIVE_UP_S} s")
        time.sleep(_PAUSE_S)
    return watch.seconds


def _is_flagged(port: int, site: Site, phone: Phone) -> bool:
    """Tap, and look what the gate wrote beside it."""
    record = phone.punch(wall_ms=site.clock().now_ms())
    body = json.dumps({"punches": [{"record": record}]}).encode()
    answer = ask(port, "POST", "/v1/punches", body, headers={"content-type": "application/json"})
    if answer.status != HTTPStatus.OK:
        raise BenchError(f"the gate gave no receipt: {answer.status}")
    return "revoked_key" in _flags(site, record_hash(record))


def _flags(site: Site, about: str) -> Iterator[str]:
    """What the gate's journal says beside this record; it stands within the last few leaves."""
    with closing(JournalReader(site.journal_folder(site.gate))) as reader:
        size = reader.size()
        leaves = reader.read(max(size - _TAIL, 0), min(size, _TAIL))
    for leaf in leaves:
        if leaf.kind is Kind.FLAG:
            flag = json.loads(leaf.body)
            if flag["about"] == about:
                yield from flag["flags"]
