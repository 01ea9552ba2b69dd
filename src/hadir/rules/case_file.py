"""From what a case file holds to typed cases, or to the list of its faults with their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeGuard, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hadir.rules.calendars import Calendar
from hadir.rules.case_plan import PLAN_KEYS, read_plan
from hadir.rules.cases import EXPECT_DAY, EXPECT_PART, Case, CaseFileError, CasePunch, CaseResult, run_case
from hadir.rules.ceremony import Ceremony
from hadir.rules.clocks import MS_PER_SECOND, Period, instant_ms
from hadir.rules.evidence import Binding, ClockState, Direction, Grade, Source
from hadir.rules.excuse import OUTAGE, ExcusePeriod
from hadir.rules.half import DarkSource
from hadir.rules.month_cases import MonthCase, MonthResult, read_month, run_month
from hadir.rules.policy import PairingMode, PolicySet
from hadir.rules.reading import (
    BadValueError,
    Fault,
    Form,
    clock_time,
    day,
    one_of,
    shown,
    text,
    texts,
    whole,
    yes_or_no,
)

T = TypeVar("T")

PUNCHES_MAX = 100
TAIL_MINUTES_MAX = 24 * 60
OUTAGE_ARTICLE = "Ketentuan Hadir (gangguan sistem yang disetujui tidak dipotong)"
"""What an outage of a case rests on that names no act: nothing that may not have existed on its day."""
DAYS_MAX = 366
SECONDS_MAX = 24 * 60 * 60


def parse_cases(raw: object, place: str) -> tuple[Case | MonthCase, ...]:
    """The cases of one document, which is a list. `place` names it in faults. Raises CaseFileError with all of them.

    An entry with the key `month` is about a whole month; the others are about a day, but for those of `own_policies`.
    """
    faults: list[Fault] = []
    if not isinstance(raw, list):
        raise CaseFileError([Fault(place, "must be a list of cases")])
    cases = [_entry(f"{place}[{at}]", one, faults) for at, one in enumerate(raw) if not _is_policy(one)]
    if faults:
        raise CaseFileError(faults)
    return tuple(case for case in cases if case is not None)


def own_policies(raw: object, place: str) -> dict[str, object]:
    """The policy documents that a case file brings for its cases, by name: its entries `{own_policy: …}`, each what a
    policy file holds. Raises CaseFileError where one has no name, or has another's.
    """
    found: dict[str, object] = {}
    for at, one in enumerate(raw if isinstance(raw, list) else ()):
        if not _is_policy(one):
            continue
        where, written = f"{place}[{at}].own_policy", one["own_policy"]
        name = written.get("policy") if isinstance(written, Mapping) else None
        if len(one) > 1 or not isinstance(name, str) or not name or name in found:
            raise CaseFileError([Fault(where, "must be alone in its entry, with the name of one policy under policy")])
        found[name] = written
    return found


def _is_policy(entry: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(entry, Mapping) and "own_policy" in entry


def run_any(
    case: Case | MonthCase, policies: Mapping[str, PolicySet], calendars: Mapping[str, Calendar] | None = None
) -> CaseResult | MonthResult:
    """Judge a case of either kind. Raises CaseFileError when it names what is not there."""
    if isinstance(case, MonthCase):
        return run_month(case, policies, calendars or {})
    return run_case(case, policies, calendars)


def _entry(place: str, raw: object, faults: list[Fault]) -> Case | MonthCase | None:
    if isinstance(raw, Mapping) and "month" in raw:
        return read_month(Form(place, raw, faults), lambda inner, one: _case(inner, one, faults))
    return _case(place, raw, faults)


_CASE_KEYS = {
    "case", "policy", "duty", "zone", "date", "punches", "excuses", "outages", "site_without_signal",
    "now", "month_closed", "names", "expect", *PLAN_KEYS, "ceremonies", "dark", "flex_times", "calendar",
    "pairing",
}  # fmt: skip
_PUNCH_KEYS = {
    "in", "out", "at", "site", "ref", "source", "grade", "lo", "hi", "error_seconds", "flags", "signed", "phone_showed",
    "elapsed_minutes", "received", "countersigned", "terminal_skew_seconds", "clock", "fetched_for", "second",
    "second_fetched_for",
}  # fmt: skip


_DIRECTIONS = {"in": Direction.IN, "out": Direction.OUT, "at": Direction.UNSAID}


@dataclass(frozen=True, slots=True)
class _At:
    """Turns a case's clock times into instants: `07:28:13` is on its date, `2026-09-14 16:05:00` says its own, and
    `2026-09-14T08:05:00Z` is no clock time of the work place at all.
    """

    on: date
    zone: str

    def __call__(self, raw: object) -> int:
        if isinstance(raw, str) and raw.endswith("Z"):
            return _instant(raw)
        first, _, second = str(raw).partition(" ")
        on, at = (day(first), clock_time(second)) if second else (self.on, clock_time(raw))
        return instant_ms(on, at, self.zone)

    def whole_day(self) -> Period:
        """The date and the next one: a shift that begins on it ends there at the latest."""
        return Period(
            instant_ms(self.on, time(), self.zone), instant_ms(self.on + timedelta(days=2), time(), self.zone)
        )


def _instant(raw: str) -> int:
    try:
        at = datetime.fromisoformat(raw)
    except ValueError:
        raise BadValueError(f"must be an instant like 2026-09-14T08:05:00Z, not {shown(raw)}") from None
    return round(at.timestamp() * MS_PER_SECOND)


def _case(place: str, raw: object, faults: list[Fault]) -> Case | None:
    if not isinstance(raw, Mapping):
        faults.append(Fault(place, "must be a case: a mapping with case, policy, duty, zone, date, punches, expect"))
        return None
    form = Form(place, raw, faults)
    form.only(_CASE_KEYS)
    before = len(faults)
    head = {key: form.take(key, text) or "" for key in ("case", "policy")}
    head["duty"] = (form.may if "shifts" in raw else form.take)("duty", text) or ""
    zone, on = form.take("zone", _zone), form.take("date", day)
    expect = form.may("expect", _expect) or {}
    if zone is None or on is None:
        return None
    at = _At(on, zone)
    now_ms = form.may("now", at)
    plan = read_plan(form, duty=head["duty"], zone=zone, on=on)
    case = Case(
        name=head["case"],
        policy=head["policy"],
        duty=head["duty"],
        zone=zone,
        date=on,
        punches=tuple(_each(form, "punches", lambda inner, nr: _punch(inner, nr, at))),
        excuses=tuple(_each(form, "excuses", lambda inner, nr: _excuse(inner, nr, at))),
        outages=tuple(_each(form, "outages", lambda inner, _: _period(inner, at))),
        site_without_signal=form.may("site_without_signal", yes_or_no) or False,
        now_ms=instant_ms(on + timedelta(days=2), time(), zone) if now_ms is None else now_ms,
        month_closed=form.may("month_closed", yes_or_no) or False,
        names=form.may("names", texts) or (),
        expect=expect,
        plan=plan,
        ceremonies=tuple(_each(form, "ceremonies", lambda inner, _: _ceremony(inner, at))),
        dark=tuple(_each(form, "dark", lambda inner, _: _dark(inner, at))),
        flex_times=form.may("flex_times", lambda raw: whole(raw, least=0, most=31)) or 0,
        calendar=form.may("calendar", text),
        pairing=form.may("pairing", _pairing) or {},
    )
    return case if len(faults) == before else None


def _punch(form: Form, number: int, at: _At) -> CasePunch | None:
    form.only(_PUNCH_KEYS)
    said = [key for key in _DIRECTIONS if key in form.raw]
    if len(said) != 1:
        form.faults.append(Fault(form.place, "must have in or out (or at, where nobody chose), with a clock time"))
        return None
    at_ms = form.take(said[0], at)
    if at_ms is None:
        return None
    elapsed = form.may("elapsed_minutes", _minutes)
    return CasePunch(
        ref=form.may("ref", text) or f"punch-{number + 1}",
        direction=_DIRECTIONS[said[0]],
        source=form.may("source", one_of(Source)) or Source.PHONE,
        at_ms=at_ms,
        grade=form.may("grade", one_of(Grade)),
        lo_ms=form.may("lo", at),
        hi_ms=form.may("hi", at),
        error_ms=(form.may("error_seconds", _seconds) or 0) * MS_PER_SECOND,
        signed_at_ms=form.may("signed", at),
        phone_showed_ms=form.may("phone_showed", at),
        elapsed_ms=None if elapsed is None else elapsed * 60 * MS_PER_SECOND,
        received_at_ms=form.may("received", at),
        countersigned_at_ms=form.may("countersigned", at),
        terminal_skew_ms=form.may("terminal_skew_seconds", lambda raw: _signed_seconds(raw) * MS_PER_SECOND),
        clock_state=form.may("clock", one_of(ClockState)) or ClockState.OK,
        binding=form.may("fetched_for", one_of(Binding)) or Binding.UNBOUND,
        second_at_ms=form.may("second", at),
        second_binding=form.may("second_fetched_for", one_of(Binding)) or Binding.UNBOUND,
        flags=form.may("flags", texts) or (),
        site=form.may("site", text),
    )


def _excuse(form: Form, number: int, at: _At) -> ExcusePeriod | None:
    """`kind` is `outage` or a code of the policy (CT, DL); without from and until it is the whole day."""
    form.only({"kind", "from", "until", "tail_minutes", "ref", "article", "day", "lifts_proven"})
    kind = form.take("kind", text)
    whole_day = kind != OUTAGE and not {"from", "until"} & form.raw.keys()
    period = at.whole_day() if whole_day else _period(form, at)
    if kind is None or period is None:
        return None
    outage = kind == OUTAGE
    return ExcusePeriod(
        ref=form.may("ref", text) or f"excuse-{number + 1}",
        period=period,
        tail_minutes=form.may("tail_minutes", lambda raw: whole(raw, least=0, most=TAIL_MINUTES_MAX)) or 0,
        article=form.may("article", text) or (OUTAGE_ARTICLE if outage else kind),
        code=None if outage else kind,
        day_number=form.may("day", lambda raw: whole(raw, least=1, most=DAYS_MAX)) or 1,
        lifts_proven=form.may("lifts_proven", yes_or_no) or False,
    )


def _ceremony(form: Form, at: _At) -> Ceremony | None:
    form.only({"name", "code", "from", "until", "site", "on_day_off"})
    name, period = form.take("name", text), _period(form, at)
    if name is None or period is None:
        return None
    return Ceremony(
        name=name,
        code=form.may("code", text) or "TA",
        period=period,
        site=form.may("site", text),
        on_day_off=form.may("on_day_off", yes_or_no) or False,
    )


def _dark(form: Form, at: _At) -> DarkSource | None:
    form.only({"source", "from", "until", "due"})
    source, due, period = form.take("source", text), form.may("due", day), _period(form, at)
    return None if source is None or period is None else DarkSource(source, period, due)


def _period(form: Form, at: _At) -> Period | None:
    from_ms, until_ms = form.take("from", at), form.take("until", at)
    if from_ms is None or until_ms is None:
        return None
    if from_ms >= until_ms:
        form.faults.append(Fault(form.place, "from must be before until"))
    return Period(from_ms, until_ms)


def _each(form: Form, key: str, read: Callable[[Form, int], T | None]) -> list[T]:
    """The entries of a list in a case, each read as a form of its own."""
    entries = form.raw.get(key) or []
    if not isinstance(entries, list) or len(entries) > PUNCHES_MAX:
        form.faults.append(Fault(f"{form.place}.{key}", f"must be a list of at most {PUNCHES_MAX}"))
        return []
    found = []
    for number, raw in enumerate(entries):
        place = f"{form.place}.{key}[{number}]"
        if isinstance(raw, Mapping):
            found.append(read(Form(place, raw, form.faults), number))
        else:
            form.faults.append(Fault(place, "must be a mapping"))
    return [one for one in found if one is not None]


def _expect(raw: object) -> Mapping[str, object]:
    if not isinstance(raw, Mapping) or not raw or not set(raw) <= EXPECT_DAY:
        raise BadValueError(f"must say one or more of {', '.join(sorted(EXPECT_DAY))}")
    for side in ("arrival", "departure"):
        part = raw.get(side, {})
        if not isinstance(part, Mapping) or not set(part) <= EXPECT_PART:
            raise BadValueError(f"{side} may say {', '.join(sorted(EXPECT_PART))}")
    return {str(key): value for key, value in raw.items()}


def _pairing(raw: object) -> Mapping[Source, PairingMode]:
    if not isinstance(raw, Mapping):
        raise BadValueError(f"must be a mapping of sources, not {shown(raw)}")
    return {one_of(Source)(source): one_of(PairingMode)(mode) for source, mode in raw.items()}


def _zone(raw: object) -> str:
    try:
        return ZoneInfo(text(raw)).key
    except (ZoneInfoNotFoundError, ValueError):
        raise BadValueError(f"must be a time zone like Asia/Makassar, not {shown(raw)}") from None


def _minutes(raw: object) -> int:
    return whole(raw, least=0, most=SECONDS_MAX)


def _seconds(raw: object) -> int:
    return whole(raw, least=0, most=SECONDS_MAX)


def _signed_seconds(raw: object) -> int:
    return whole(raw, least=-SECONDS_MAX, most=SECONDS_MAX)
