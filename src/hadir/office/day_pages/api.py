"""What a phone may ask of the office, about its owner and nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from hadir.office.day_pages.groups import headline
from hadir.office.day_pages.phone_requests import Caller, RequestRefusedError, RequestTrouble, caller_of
from hadir.office.ground.laws import laws
from hadir.office.ground.moments import day_at
from hadir.office.judging.facts import PersonDay
from hadir.office.judging.judge import JudgeRequest, judge
from hadir.office.judging.judging import Judged, PersonDayKey, judge_context
from hadir.office.months.kept_verdict import reason_body
from hadir.office.page.requests import OfficeRequest
from hadir.office.people.models import Person
from hadir.office.people.queries import home_of
from hadir.office.projection.models import Punch
from hadir.rules.clocks import clock
from hadir.rules.duty import DutyDay
from hadir.texts import LANGS, Lang, both

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
        "duties": [_owed(where.day, part) for where in _wheres(days) for part in where.duty_days],
        "night": _night(night, caller) if night else None,
        "law": _law(judged) if judged else None,
        "verdict": _verdict(judged) if judged and caller.is_confirmed else None,
        "punches": [_punch(punch) for punch in _punches(caller, (before, day) if night else (day,))],
    }


def _ends_on(where: PersonDay, day: date) -> bool:
    """Whether what was owed on the day before goes on into this one."""
    return bool(where.duty_days) and day_at(where.duty_days[-1].end_ms, where.unit.zone) == day


def _wheres(days: Mapping[PersonDayKey, Judged]) -> list[PersonDay]:
    return sorted((one.where for one in days.values()), key=lambda where: where.day)


def _owed(day: date, part: DutyDay) -> dict[str, Any]:
    return {"date": day.isoformat(), "start_ms": part.start_ms, "end_ms": part.end_ms}


def _night(last: Judged, caller: Caller) -> dict[str, Any]:
    """The duty that began yesterday and ends today: a phone shows its result until today's own begins."""
    return {"date": last.where.day.isoformat(), "verdict": _verdict(last) if caller.is_confirmed else None}


def _punches(caller: Caller, days: Sequence[date]) -> list[Punch]:
    found = Punch.objects.filter(person=caller.person, day__in=days)
    if not caller.is_confirmed:
        found = found.filter(kid=caller.kid)
    return list(found.order_by("judged_ms", "record_hash"))


def _punch(punch: Punch) -> dict[str, Any]:
    return {
        "record_hash": punch.record_hash,
        "direction": punch.direction,
        "judged_ms": punch.judged_ms,
        "grade_word": both(f"grade.{punch.grade}"),
        "received_at_ms": punch.received_at_ms,
    }


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


def _half(part: dict[str, Any] | None) -> dict[Lang, str] | None:
    return _both(part["headline"]) if part else None


def _both(reason: dict[str, Any]) -> dict[Lang, str]:
    return both(reason["code"], reason["params"])


def _refusal(trouble: RequestTrouble) -> JsonResponse:
    status = {RequestTrouble.MALFORMED: 400, RequestTrouble.REVOKED_KEY: 403, RequestTrouble.UNKNOWN_PERSON: 404}
    texts = both(f"request.{trouble.value}")
    body = {"refusal": {"code": trouble.value, "id": texts["id"], "en": texts["en"]}}
    return JsonResponse(body, status=status.get(trouble, 401))
