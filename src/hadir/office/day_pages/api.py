"""What a phone may ask of the office, about its owner and nobody else. Who asks says the key that signed the request
(docs/record-format.md section 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from msgspec import Meta

from hadir.office.day_pages.groups import headline
from hadir.office.devices.models import Device
from hadir.office.ground.laws import laws
from hadir.office.ground.moments import day_at
from hadir.office.judging.facts import PersonDay
from hadir.office.judging.judge import JudgeRequest, judge
from hadir.office.judging.judging import Judged, judge_context
from hadir.office.months.kept_verdict import reason_body
from hadir.office.page.requests import OfficeRequest
from hadir.office.people.models import Person
from hadir.office.people.queries import home_of
from hadir.office.projection.models import Punch, SeenKey
from hadir.records.jws import Jws, key_bytes, parse_jws, verify_es256
from hadir.records.keys import KeyList
from hadir.records.phone_records import HeldTime, PersonNumber
from hadir.records.refusals import Refused
from hadir.records.strict import decode
from hadir.records.times import open_time
from hadir.records.voucher import open_voucher
from hadir.rules.clocks import clock
from hadir.texts import LANGS, both

SUGGESTED = frozenset({"record_in"})


@login_not_required
@csrf_exempt
@require_GET
def my_today(request: OfficeRequest) -> HttpResponse:
    """Today of the person whose key signed the request."""
    try:
        caller = caller_of(
            request.headers.get("Authorization", ""),
            method="GET",
            path=request.META.get("RAW_URI") or request.get_full_path(),  # as it was sent, not as Django spells it
            keys=judge_context().time_tokens.keys,
            now_ms=request.now_ms,
        )
        return JsonResponse(_answer(caller, request.now_ms))
    except RequestRefusedError as refused:
        return _refusal(refused.trouble)


def _answer(caller: Caller, now_ms: int) -> dict[str, Any]:
    person = Person.objects.filter(number=caller.person).first()
    home = home_of(caller.person, day_at(now_ms, judge_context().site.zone)) if person else None
    if person is None or home is None:
        raise RequestRefusedError(RequestTrouble.UNKNOWN_PERSON)
    day = day_at(now_ms, home.zone)
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    wanted = [(person.number, one) for one in (before, day, after)]
    days = judge(judge_context(), JudgeRequest(days=wanted, now_ms=now_ms, with_steps=True))
    judged, last = days.get((person.number, day)), days.get((person.number, before))
    night = last if last and _ends_on(last.where, day) else None
    return {
        "person": {"name": person.titled_name, "unit": home.name, "zone": home.zone},
        "date": day.isoformat(),
        "confirmed": caller.is_confirmed,
        "duty": _duty(judged.where if judged else None),
        "duties": [
            {"date": where.day.isoformat(), "start_ms": part.start_ms, "end_ms": part.end_ms}
            for where in sorted((one.where for one in days.values()), key=lambda where: where.day)
            for part in where.duty_days
        ],
        # The duty that began yesterday and ends today: a phone shows its result until today's own begins.
        "night": None
        if night is None
        else {"date": before.isoformat(), "verdict": _verdict(night) if caller.is_confirmed else None},
        "law": _law(judged) if judged else None,
        "verdict": _verdict(judged) if judged and caller.is_confirmed else None,
        "punches": _punches(caller, (before, day) if night else (day,)),
    }


def _ends_on(where: PersonDay, day: date) -> bool:
    """Whether what was owed on the day before goes on into this one."""
    return bool(where.duty_days) and day_at(where.duty_days[-1].end_ms, where.unit.zone) == day


def _punches(caller: Caller, days: Sequence[date]) -> list[dict[str, Any]]:
    found = Punch.objects.filter(person=caller.person, day__in=days)
    if not caller.is_confirmed:
        found = found.filter(kid=caller.kid)
    return [
        {
            "record_hash": punch.record_hash,
            "direction": punch.direction,
            "judged_ms": punch.judged_ms,
            "grade_word": both(f"grade.{punch.grade}"),
            "received_at_ms": punch.received_at_ms,
        }
        for punch in found.order_by("judged_ms", "record_hash")
    ]


def _duty(where: PersonDay | None) -> dict[str, str] | None:
    if where is None or where.duty_day is None:
        return None
    zone, days = where.unit.zone, where.duty_days
    return {"start": clock(days[0].start_ms, zone)[:5], "end": clock(days[-1].end_ms, zone)[:5]}


def _law(judged: Judged) -> dict[str, Any]:
    """By which law the day is judged: the policy's name, what is owed and why so, and the acts that say it."""
    where = judged.where
    title = laws(judge_context().policies)[where.policy.version.name].title
    said = [reason_body(reason) for reason in judged.verdict.reasons if reason.code.value.startswith("duty.")]
    return {
        "policy": {lang: title[lang] for lang in LANGS},
        "why": [{**_both(reason), "article": reason["article"]} for reason in said],
        "acts": [{"kind": both(act.kind_code), "ref": act.ref} for act in where.law.acts],
        "ceremonies": [
            {
                "name": one.name,
                "start": clock(one.period.from_ms, where.unit.zone)[:5],
                "end": clock(one.period.until_ms, where.unit.zone)[:5],
            }
            for one in where.law.ceremonies
        ],
    }


def _verdict(judged: Judged) -> dict[str, Any]:
    body = judged.body
    head = headline(body)
    return {
        # Some headlines say so themselves, and the phone would say it twice.
        "provisional": body["provisional"] and not str(head["code"]).endswith("_provisional"),
        "headline": _both(head),
        "arrival": _half(body["arrival"]),
        "departure": _half(body["departure"]),
        "reasons": [_both(reason_body(reason)) for reason in judged.verdict.reasons],
        "suggest": body["suggest"] if body["suggest"] in SUGGESTED else None,
    }


def _half(part: dict[str, Any] | None) -> dict[str, str] | None:
    return _both(part["headline"]) if part else None


def _both(reason: dict[str, Any]) -> dict[str, str]:
    return both(reason["code"], reason["params"])


def _refusal(trouble: RequestTrouble) -> JsonResponse:
    status = {RequestTrouble.MALFORMED: 400, RequestTrouble.REVOKED_KEY: 403, RequestTrouble.UNKNOWN_PERSON: 404}
    body: dict[str, Any] = {"refusal": {"code": trouble.value, **both(f"request.{trouble.value}")}}
    return JsonResponse(body, status=status.get(trouble, 401))


SCHEME = "Hadir "
REQUEST_TYP = "hadir-request+jws"
AGE_MS_MAX = 600_000
_SAFE = 2**53 - 1


class RequestTrouble(StrEnum):
    """Why a phone's request is not answered; also the code of its text, under `request.`."""

    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown_key"
    REVOKED_KEY = "revoked_key"
    BAD_SIGNATURE = "bad_signature"
    OTHER_REQUEST = "other_request"
    TOO_OLD = "too_old"
    UNKNOWN_PERSON = "unknown_person"


class RequestRefusedError(Exception):
    """Caught where the request is answered."""

    def __init__(self, trouble: RequestTrouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class RequestPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: Literal[1]
    person: PersonNumber
    method: Annotated[str, Meta(max_length=10)]
    path: Annotated[str, Meta(max_length=500)]
    signed_time: HeldTime
    mono_ms: Annotated[int, Meta(ge=0, le=_SAFE)]
    origin_ms: Annotated[int, Meta(ge=-_SAFE, le=_SAFE)]


@dataclass(frozen=True, slots=True)
class Caller:
    """The person whose key signed the request. A key that the office has not looked at sees only its own taps."""

    person: int
    kid: str
    is_confirmed: bool


def caller_of(authorization: str, *, method: str, path: str, keys: KeyList, now_ms: int) -> Caller:
    """Who signed this request. RequestRefusedError with the first thing that does not hold."""
    jws, payload = _read(authorization)
    key, known = _key_of(jws, keys)
    if known.person != payload.person:
        raise RequestRefusedError(RequestTrouble.UNKNOWN_KEY)
    if not verify_es256(key, jws.signing_input, jws.signature):
        raise RequestRefusedError(RequestTrouble.BAD_SIGNATURE)
    if (payload.method, payload.path) != (method, path):
        raise RequestRefusedError(RequestTrouble.OTHER_REQUEST)
    _check_age(payload, keys, now_ms)
    return known


def _read(authorization: str) -> tuple[Jws, RequestPayload]:
    if not authorization.startswith(SCHEME):
        raise RequestRefusedError(RequestTrouble.UNSIGNED)
    try:
        jws = parse_jws(authorization.removeprefix(SCHEME))
        payload = decode(jws.payload, RequestPayload)
    except Refused as refused:
        raise RequestRefusedError(RequestTrouble.MALFORMED) from refused
    if jws.header.typ != REQUEST_TYP:
        raise RequestRefusedError(RequestTrouble.MALFORMED)
    return jws, payload


def _key_of(jws: Jws, keys: KeyList) -> tuple[bytes, Caller]:
    """The office's word on the key; else a key it has seen with a voucher; else one that brings its voucher along."""
    if (device := Device.objects.filter(kid=jws.header.kid).first()) is not None:
        if not device.is_active:
            raise RequestRefusedError(RequestTrouble.REVOKED_KEY)
        return bytes(device.key), Caller(device.person_id, jws.header.kid, is_confirmed=True)
    if (seen := SeenKey.objects.filter(kid=jws.header.kid).first()) is not None:
        return bytes(seen.key), Caller(seen.person, jws.header.kid, is_confirmed=False)
    return _brought_along(jws, keys)


def _brought_along(jws: Jws, keys: KeyList) -> tuple[bytes, Caller]:
    if jws.header.voucher is None or jws.header.jwk is None:
        raise RequestRefusedError(RequestTrouble.UNKNOWN_KEY)
    try:
        voucher = open_voucher(jws.header.voucher, keys.verifiers("office").values())
        return key_bytes(jws.header), Caller(voucher.person, jws.header.kid, is_confirmed=False)
    except (ValueError, Refused) as error:
        raise RequestRefusedError(RequestTrouble.UNKNOWN_KEY) from error


def _check_age(payload: RequestPayload, keys: KeyList, now_ms: int) -> None:
    """Young by the phone's own steady clock since a signed time, and by ours: a captured request soon says nothing."""
    held = payload.signed_time
    try:
        token = open_time(held.token, keys.time_keys())
    except ValueError as error:
        raise RequestRefusedError(RequestTrouble.MALFORMED) from error
    elapsed_ms = payload.mono_ms - held.mono_ms
    same_life = held.origin_ms == payload.origin_ms and 0 <= elapsed_ms <= AGE_MS_MAX
    if not same_life or abs(now_ms - token.at_ms - elapsed_ms) > AGE_MS_MAX + token.error_ms:
        raise RequestRefusedError(RequestTrouble.TOO_OLD)
