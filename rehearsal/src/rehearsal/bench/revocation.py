"""`hadir bench revocation`: from the click that revokes a phone until the gate flags that phone's taps.

1. Make a small regency with one day of taps, and start `hadir serve` on it: door, gate, office, follower.
2. Revoke one phone after another on the office's page, as the personnel agency does.
3. After each, tap with that phone until the gate writes `revoked_key` beside its tap. The taps before are flagged by
   nobody: that is looked at too, or the figure would prove nothing.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from hadir.clock import SystemClock
from hadir.ledger.sqlite import JournalReader
from hadir.records.kinds import Kind
from hadir.site import Site
from rehearsal.bench.isolation import made_regency, served
from rehearsal.bench.isolation_troubles import TOKEN, Browser, Outcome, office_session
from rehearsal.bench.tools import NOISE_CORES_MAX, BenchError, Meter, fresh_folder, say
from rehearsal.morning.count import quantile
from rehearsal.phones import Phone, private_key, record_hash

SEED, PEOPLE, FIRST = 1, 300, 1_101
LIMIT_S = 60
"""A revocation reaches the gate within so long: what the project promises."""
_GIVE_UP_S = 5 * LIMIT_S
_LOG_IN_SECONDS = 60
_TAIL = 50
_PAUSE_S = 1.0


def bench_revocation(work: Path, *, times: int) -> dict[str, Any]:
    """The figures of `hadir bench revocation --json`; progress goes to standard error."""
    with fresh_folder(work / "revocation") as folder:
        site = made_regency(folder / "data", PEOPLE)
        with served(site) as port:
            meter = Meter([])
            seconds, early = asyncio.run(_revoke_some(port, site, times))
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


async def _revoke_some(port: int, site: Site, times: int) -> tuple[list[float], int]:
    """Seconds of each revocation, and how many taps were flagged before theirs."""
    seconds: list[float] = []
    early = 0
    async with office_session(1) as session:
        until = asyncio.get_running_loop().time() + _LOG_IN_SECONDS
        cookie = await Browser(session, port, Outcome()).log_in(until)
        if cookie is None:
            raise BenchError("the office let nobody in")
        for number in range(FIRST, FIRST + times):
            phone = Phone(number, private=private_key(SEED, number))
            early += await _is_flagged(session, port, site, phone)
            seconds.append(await _revoke(session, port, site, phone, cookie))
            say(f"{len(seconds)}: {seconds[-1]:.2f} s")
    return seconds, early


async def _revoke(session: aiohttp.ClientSession, port: int, site: Site, phone: Phone, cookie: str) -> float:
    """From the click until the gate's flag."""
    url = f"http://127.0.0.1:{port}/kantor/hp/{phone.kid}/cabut/"
    async with session.get(url, headers={"Cookie": cookie}) as page:
        token = TOKEN.search(await page.text())
    if page.status != HTTPStatus.OK or token is None:
        raise BenchError(f"the office shows no form for {phone.kid}: {page.status}")
    form = {"csrfmiddlewaretoken": token[1], "reason": "HP hilang."}
    clock = SystemClock()
    began_ms = clock.mono_ms()
    headers = {"Cookie": cookie, "Referer": url}
    async with session.post(url, data=form, headers=headers, allow_redirects=False) as answer:
        went_to = answer.headers.get("Location", "")
        if "selesai=revoke" not in went_to:
            raise BenchError(f"the office did not revoke {phone.kid}: {answer.status} {went_to}")
    while not await _is_flagged(session, port, site, phone):
        if clock.mono_ms() - began_ms > _GIVE_UP_S * 1_000:
            raise BenchError(f"the gate took {phone.kid} for valid for more than {_GIVE_UP_S} s")
        await asyncio.sleep(_PAUSE_S)
    return (clock.mono_ms() - began_ms) / 1_000


async def _is_flagged(session: aiohttp.ClientSession, port: int, site: Site, phone: Phone) -> bool:
    """Tap, and look what the gate wrote beside it."""
    record = phone.punch(wall_ms=site.clock().now_ms())
    body = {"punches": [{"record": record}]}
    async with session.post(f"http://127.0.0.1:{port}/v1/punches", json=body) as answer:
        if answer.status != HTTPStatus.OK:
            raise BenchError(f"the gate gave no receipt: {answer.status}")
        await answer.read()
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
