"""One person-day opened to its reasons, records, receipts and evidence."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hadir.office.day_pages.groups import group_of, headline, tone_of
from hadir.office.judging.facts import Facts, PersonDay, counts
from hadir.office.judging.judge import DaysAsked, JudgeRequest, judge, prepare
from hadir.office.judging.judging import JudgeContext, Judged
from hadir.office.judging.weighing import identity_flags
from hadir.office.months.editions import waits_for_edition
from hadir.office.months.kept_verdict import reason_body
from hadir.office.months.letters import ShownDay, current_letters, printed, shown_day
from hadir.office.months.models import Closing, ClosingState
from hadir.office.people.models import Person
from hadir.office.people.queries import home_of
from hadir.office.projection.models import Place, Punch
from hadir.office.units.models import Unit
from hadir.records.kinds import Kind
from hadir.rules.clocks import clock
from hadir.rules.evidence import Source
from hadir.rules.reasons import ReasonCode

RECORDS_SHOWN_MAX = 50
_SETTLED = {
    ReasonCode.HEADLINE_LATE_PROVISIONAL.value: ReasonCode.HEADLINE_LATE.value,
    ReasonCode.HEADLINE_EARLY_PROVISIONAL.value: ReasonCode.HEADLINE_EARLY.value,
}


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One record of the day with its evidence and with every place where it is kept."""

    punch: Punch
    role: str | None
    counts: bool
    is_confirmed: bool
    is_revoked: bool
    steps: list[dict[str, Any]]
    contradictions: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    """What the phone said when its receipt was in hand."""

    @property
    def role_code(self) -> str:
        return f"role.{self.role}" if self.role else "person.role_uncounted"

    @property
    def grade_code(self) -> str:
        if self.is_listed:
            return "source.manual_list"
        return f"grade.{self.punch.grade}"

    @property
    def is_listed(self) -> bool:
        """Whether it stands on a manual list: no phone and no terminal has seen it."""
        return self.punch.source == Source.MANUAL_LIST

    @property
    def places(self) -> list[Punch | Place]:
        """Where it stands: its earliest receipt first."""
        return [self.punch, *self.punch.places.all()]

    @property
    def direction_code(self) -> str:
        return f"direction.{self.punch.direction}"

    @property
    def identity_code(self) -> str:
        if self.is_listed:
            return "manual.withdrawn"
        if not self.counts:
            return "person.not_his_key"
        return "person.revoked_key" if self.is_revoked else "identity.awaits_confirmation"

    @property
    def flags(self) -> str:
        return ", ".join(self.punch.flags)


@dataclass(frozen=True, slots=True)
class OpenedDay:
    person: Person
    day: date
    where: PersonDay | None
    body: dict[str, Any] | None
    records: list[RecordLine]

    zone: str
    home: Unit | None
    """Where the person was at home on that day."""
    letters: str
    """The letters of the day, as the recap prints them; empty where nothing was judged."""
    percent: Decimal
    """What the day costs."""
    excuses: list[int]
    """Numbers of the approved excuses that cover the day, whether they change its verdict or not."""
    instead_of: ShownDay | None
    """What the installed rules say, where a verdict of the rules before holds."""
    waits_for_edition: bool
    """Whether that changes once two people accept the edition."""
    is_before: bool
    """Whether nobody had to record there yet."""

    @property
    def instead_of_letters(self) -> str:
        return " ".join(printed(code, current_letters()) for code in self.instead_of.letters) if self.instead_of else ""

    @property
    def more_records(self) -> int:
        """How many are not shown: a page of hundreds of taps is nobody's day."""
        return max(len(self.records) - RECORDS_SHOWN_MAX, 0)

    @property
    def headline(self) -> dict[str, Any] | None:
        return headline(self.body) if self.body else None

    @property
    def tone(self) -> str:
        return tone_of(group_of(self.body, is_day_off=False), self.body)

    @property
    def review_code(self) -> str:
        return f"review.{self.body['review']}" if self.body else "review.none"

    @property
    def policy_hash(self) -> str:
        return str(self.body["version"]["sha256"])[:12] if self.body else ""

    @property
    def day_before(self) -> date:
        return self.day - timedelta(days=1)

    @property
    def day_after(self) -> date:
        return self.day + timedelta(days=1)


def open_day(context: JudgeContext, person: Person, day: date, now_ms: int) -> OpenedDay:
    """Judge the day afresh from the records, so that what is explained is what the records say now."""
    request = JudgeRequest(days=[(person.number, day)], now_ms=now_ms, with_steps=True, days_asked=DaysAsked.SHOWN)
    ready = prepare(context, request)
    judged = judge(context, request, ready).get((person.number, day))
    punches = Punch.objects.filter(person=person.number, day=day).prefetch_related("places")
    home = home_of(person.number, day)
    zone = home.zone if home else context.site.zone
    shown = shown_day(judged.verdict) if judged else None
    return OpenedDay(
        person=person,
        day=day,
        where=judged.where if judged else None,
        body=_told(judged.body, home, day) if judged else None,
        records=[_line(punch, judged, ready.facts, zone) for punch in punches.order_by("judged_ms", "record_hash")],
        zone=zone,
        home=home,
        letters=" ".join(printed(code, current_letters()) for code in shown.letters) if shown else "",
        percent=shown.percent if shown else Decimal(0),
        instead_of=shown_day(judged.instead_of) if judged and judged.instead_of else None,
        waits_for_edition=bool(judged and judged.instead_of and home and waits_for_edition(home, person, day)),
        is_before=judged is None and bool(ready.places),
        excuses=[cover.number for cover in ready.facts.covering(person.number, home, day)] if home else [],
    )


def _told(body: dict[str, Any], home: Unit | None, day: date) -> dict[str, Any]:
    """The verdict as it is told; of a month that the unit has closed nothing is provisional any more."""
    closed = Closing.objects.filter(unit=home, first=day.replace(day=1), state=ClosingState.CLOSED)
    if home is None or not closed.exists():
        return body
    reasons = [one for one in body["reasons"] if one["code"] != ReasonCode.PROVISIONAL]
    halves = {name: _settled(body[name]) for name in ("arrival", "departure")}
    return {**body, **halves, "reasons": reasons, "provisional": False}


def _settled(half: dict[str, Any] | None) -> dict[str, Any] | None:
    if half is None:
        return None
    line = half["headline"]
    return {**half, "headline": {**line, "code": _SETTLED.get(line["code"], line["code"])}}


def _line(punch: Punch, judged: Judged | None, facts: Facts, zone: str) -> RecordLine:
    tap = judged.weighed.get(punch.record_hash) if judged else None
    roles = {tap.ref: tap.role.value for tap in judged.verdict.taps} if judged else {}
    device = facts.devices.get(punch.kid)
    is_counted = counts(punch, facts)
    return RecordLine(
        punch=punch,
        role=roles.get(punch.record_hash),
        counts=is_counted,
        is_confirmed=is_counted
        and (device is not None or punch.source != Source.PHONE)
        and not identity_flags(punch, device),
        is_revoked=device is not None and not device.is_active,
        steps=[_step(reason_body(step), punch) for step in tap.evidence.steps] if tap else [],
        contradictions=[reason_body(step) for step in tap.evidence.contradictions] if tap else [],
        deliveries=[
            {"at": clock(row.received_at_ms, zone), "tries": row.delivery.tries}
            for row in facts.witnesses.get(punch.record_hash, [])
            if row.kind == Kind.DELIVERY
        ],
    )


def _step(step: dict[str, Any], punch: Punch) -> dict[str, Any]:
    """On paper there is no phone whose word it would be."""
    is_paper = punch.source == Source.MANUAL_LIST and step["code"] == "evidence.grade_e"
    return {**step, "code": "manual.grade_e"} if is_paper else step
