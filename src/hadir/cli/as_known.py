"""`hadir rules explain --known` and `hadir rules recap`: a day and a month as the office knew things at a moment."""

# ruff: noqa: PLC0415 - the office is imported when it is asked

import argparse
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from hadir.cli.command import settings_of, tell
from hadir.config import SettingError, Settings
from hadir.office.programs.commands import prepare
from hadir.records.days import local
from hadir.rules.clocks import local_day
from hadir.rules.reading import BadValueError, day
from hadir.site import Site, open_site
from hadir.texts import both, render

if TYPE_CHECKING:
    from hadir.office.judging.changes_since import Since
    from hadir.office.judging.judging import Judged

KNOWN_HELP = "as the office knew things by the end of 2026-04-05, or at 2026-04-05T09:00"


def office_of(arguments: argparse.Namespace) -> tuple[Settings, Site]:
    """The office of a data folder, set up to be asked."""
    settings = settings_of(arguments)
    site = open_site(settings.data)
    prepare(settings)
    return settings, site


def known_ms(text: str, site: Site) -> int:
    """The moment that was written, on the site's clocks; of a date its last millisecond. SettingError for no moment."""
    now_ms = site.clock().now_ms()
    try:
        if len(text) == len("2026-04-05"):
            at_ms = local_day(day(text), site.zone).until_ms - 1
        else:
            at_ms = int(datetime.fromisoformat(text).replace(tzinfo=site.tz).timestamp() * 1000)
    except ValueError as error:
        raise SettingError(f"--known must be like 2026-04-05 or 2026-04-05T09:00, not {text!r}") from error
    return min(at_ms, now_ms)


def judge_one(
    settings: Settings, site: Site, person: int, on: date, *, known_at_ms: int | None = None
) -> "Judged | None":
    """One person-day as the office's records have it, or had it then; None where there was no duty."""
    from hadir.office.judging.judge import JudgeRequest, judge
    from hadir.office.judging.judging import JudgeContext

    now_ms = site.clock().now_ms() if known_at_ms is None else known_at_ms
    context = JudgeContext(site=site, policies=settings.policies, known_at_ms=known_at_ms)
    return judge(context, JudgeRequest(days=[(person, on)], now_ms=now_ms, with_steps=True)).get((person, on))


def told_then(
    arguments: argparse.Namespace, on: date, now: "Judged | None", tell: "Callable[[Judged], dict[str, Any]]"
) -> dict[str, Any]:
    """The day as it stood, what is said now where that is something else, and what the office was told since."""
    settings, site = office_of(arguments)
    from hadir.office.judging.changes_since import facts_since

    at_ms = known_ms(arguments.known, site)
    then = judge_one(settings, site, arguments.person, on, known_at_ms=at_ms)
    is_same = (then.body if then else None) == (now.body if now else None)
    since = facts_since([(arguments.person, on)], at_ms).get((arguments.person, on), [])
    return {
        "known": _moment(at_ms, site.zone),
        **({"verdict": None, "reasons": []} if then is None else tell(then)),
        "same_now": is_same,
        "now": None if is_same or now is None else tell(now),
        "since": [_told(one, site.zone) for one in since],
    }


def lines_of(told: dict[str, Any], step: Callable[[dict[str, Any]], str]) -> Iterator[str]:
    """The day read out: what was said, what is said now, what came between."""
    yield _word("at", at=told["known"])
    yield from (f"  {step(said)}" for said in told["reasons"])
    if told["same_now"]:
        yield _word("same")
    elif told["now"] is not None:
        yield _word("now")
        yield from (f"  {step(said)}" for said in told["now"]["reasons"])
    yield from (_word("since", what=one["id"]) for one in told["since"])


def _word(code: str, **params: object) -> str:
    return render(f"known.cli.{code}", "id", params)


def first_day_of(month: str) -> date:
    """Of `--month 2026-03`. SettingError for what is no month."""
    try:
        return day(f"{month}-01")
    except BadValueError as error:
        raise SettingError(f"--month must be like 2026-03, not {month!r}") from error


def recap(arguments: argparse.Namespace) -> None:
    """A unit's month as it stood: every person's sums, who differs today, and by what."""
    first = first_day_of(arguments.month)
    settings, site = office_of(arguments)
    from hadir.office.judging.judging import JudgeContext
    from hadir.office.month_pages.known import month_as_known
    from hadir.office.months.closed_row import body_of
    from hadir.office.units.models import Unit

    unit = Unit.objects.filter(number=arguments.unit).first()
    if unit is None:
        raise SettingError(f"unit {arguments.unit} is not known here")
    at_ms = known_ms(arguments.known, site) if arguments.known else site.clock().now_ms()
    known = month_as_known(JudgeContext(site=site, policies=settings.policies, known_at_ms=at_ms), unit, first)
    told = {
        "unit": unit.number,
        "month": f"{first:%Y-%m}",
        "known": _moment(at_ms, site.zone),
        "people": [{"person": row.person, "unit": row.unit.number, "row": body_of(row)} for row in known.month.rows],
        "differs": [
            {
                "person": one.person.number,
                "name": one.person.titled_name,
                "days": [
                    {
                        "date": f"{each.day}",
                        "then": each.then,
                        "now": each.now,
                        "since": [_told(since, site.zone) for since in each.since],
                    }
                    for each in one.days
                ],
            }
            for one in known.differs
        ],
        "closed": [
            {
                "closing": one.closing.ref,
                "unit": one.closing.unit_id,
                "digest": one.closing.digest,
                "versions": one.closing.versions,
                "same": not one.other,
                "other": list(one.other),
            }
            for one in known.closed
        ],
    }
    tell(arguments, told, _recap_lines(told))


def _recap_lines(told: dict[str, Any]) -> Iterable[str]:
    yield _word("month", month=told["month"], unit=told["unit"], at=told["known"], n=len(told["people"]))
    for one in told["people"]:
        yield f"{one['person']:>7}  {one['row']['name']:<40} {one['row']['settlement']['of_allowance']:>6} %"
    for one in told["closed"]:
        code = "closed_same" if one["same"] else "closed_other"
        yield _word(code, closing=one["closing"], other=", ".join(map(str, one["other"])))
    for one in told["differs"]:
        yield f"\n{one['person']} {one['name']}"
        for each in one["days"]:
            since = "; ".join(said["id"] for said in each["since"])
            yield f"  {each['date']}  {each['then'] or '-'} -> {each['now'] or '-'}  {since}"


def _told(since: "Since", zone: str) -> dict[str, Any]:
    at = _moment(since.at_ms, zone)
    said = both(since.code, {"ref": since.ref, "at": at})
    return {"fact": since.fact, "ref": since.ref, "at": at, "id": said["id"], "en": said["en"]}


def _moment(at_ms: int, zone: str) -> str:
    return f"{local(at_ms - at_ms % 1000, zone):%Y-%m-%dT%H:%M:%S}"
