"""Where a person stands on a day, as one word for a list. Pure functions of a stored verdict."""

from enum import StrEnum
from typing import Any

Body = dict[str, Any]
_COVERED = "headline.covered"
_CALM = frozenset(
    {"headline.on_time", "headline.not_yet_arrival", "headline.not_yet_departure", "headline.excused", _COVERED}
)


class DayGroup(StrEnum):
    """In the order in which the sentence names them. Texts: `today.group.<value>`."""

    PRESENT = "present"
    LATE = "late"
    EXCUSED = "excused"
    LEAVE = "leave"
    UNDECIDED = "undecided"
    NOT_YET = "not_yet"
    OFF_DUTY = "off_duty"


def group_code(group: DayGroup, *, is_over: bool, told: str = "group") -> str:
    """The text of a group, or of its `part` of a sentence: on a day that is over nobody is "not yet" recorded."""
    return f"today.{told}.missing" if is_over and group is DayGroup.NOT_YET else f"today.{told}.{group.value}"


def group_of(body: Body | None, *, is_day_off: bool) -> DayGroup:
    """`body` is the stored verdict, or None for somebody of whom nothing was recorded."""
    if body is None:
        return DayGroup.OFF_DUTY if is_day_off else DayGroup.NOT_YET
    if body["status"] == "off_duty":
        return DayGroup.OFF_DUTY
    arrival = body["arrival"]
    if arrival["headline"]["code"] == _COVERED:
        return DayGroup.LEAVE
    by_arrival = {
        "short": DayGroup.LATE,
        "on_time": DayGroup.PRESENT,
        "excused": DayGroup.EXCUSED,
        "undecided": DayGroup.UNDECIDED,
    }
    if arrival["status"] in by_arrival:
        return by_arrival[arrival["status"]]
    # Without an arrival: whoever only recorded going home was there.
    return DayGroup.PRESENT if body["status"] == "present" else DayGroup.NOT_YET


def tone_of(group: DayGroup, body: Body | None) -> str:
    """Lateness and early leave are amber, never red; what is not recorded yet has no colour."""
    if group in {DayGroup.LATE, DayGroup.UNDECIDED}:
        return "attention"
    if group in {DayGroup.PRESENT, DayGroup.EXCUSED, DayGroup.LEAVE}:
        if body is not None and headline(body)["code"] not in _CALM:
            return "attention"
        return "recorded" if group is DayGroup.PRESENT else "waiting"
    return "plain"


def needs_look(body: Body | None, uncounted: int, *, was_seen: bool) -> list[str]:
    """Codes of why a person should look at this day; empty for most. What may be sampled is not on this list.

    `was_seen`: the superior has given his word already.
    """
    why = ["look.uncounted"] if uncounted else []
    if body is None:
        return why
    if body["review"] == "ask_superior" and not was_seen:
        why.append("look.ask_superior")
    elif body["status"] == "undecided":
        why.append("look.undecided")
    if body["identity"] != "confirmed":
        why.append(f"look.{body['identity']}")
    return why


def headline(body: Body) -> dict[str, Any]:
    """The one line that says how the day stands: the departure's once it is the worse half, else the arrival's."""
    arrival, departure = body["arrival"], body["departure"]
    if arrival is None or departure is None:
        return dict(body["reasons"][0])
    settled = arrival["status"] in {"on_time", "excused"}
    worse = departure["status"] in {"short", "no_punch", "undecided"}
    return dict((departure if settled and worse else arrival)["headline"])


def tap_of(body: Body | None, half: str) -> dict[str, Any] | None:
    """The tap that counts as that half's, with its judged time; None while there is none."""
    part = body[half] if body else None
    if part is None or part["tap"] is None or body is None:
        return None
    return next((dict(tap) for tap in body["taps"] if tap["ref"] == part["tap"]), None)
