"""Where the two judges still differ, each by its smallest day, and what the page says there.

An entry goes when the second judge reads its sentence by itself: its test (a strict xfail) then says so.
"""

from __future__ import annotations

from dataclasses import replace

from tests.rules import naive
from tests.rules.naive_law import DAY, Hours
from tests.rules.naive_pair import comes_after_noon, stands_on, with_way
from tests.rules.naive_settled import a_day, excused, tap

OPEN = {
    # "Where leave or travel covers all that is owed until 12:00 [...] the day is judged in both ways, and the one that
    # costs less counts": going home at 15:50 is PSW1; the second judge has a coming and no departure, PSW4.
    "a first Masuk after noon is read in both ways where travel covers the morning": a_day(
        "kemenag", "2026-09-15", tap("in", "15:50"), excused("DL", "08:00", "10:00")
    ),
}


def said(day: naive.Day) -> naive.Answer:
    """The second judge's answer, and where a first *Masuk* after noon may be either, the one that costs less."""
    came, home = naive.judge(day), going_home(day)
    return came if home is None else min(came, naive.judge(home), key=lambda answer: answer.percent)


def going_home(day: naive.Day) -> naive.Day | None:
    """The day with *Pulang* for each *Masuk*; None where its first *Masuk* may not be read in both ways."""
    hours, noon = day.hours, day.law.get("late_first_after")
    if noon == "off" or not isinstance(hours, Hours) or hours.shift or hours.dynamic:
        return None
    within = [one for one in day.taps if stands_on(one, hours) and hours.counts[0] <= one.at < hours.counts[1]]
    within = sorted(dict.fromkeys(within), key=lambda one: one.at)
    read = with_way(within, day.law, hours)
    hour, minute = (int(part) for part in noon.split(":"))
    divides = DAY + (hour * 60 + minute) * 60
    came = [one.at for one in read if one.way == "in"]
    if not came or came[0] <= divides or not comes_after_noon(day, hours, divides):
        return None
    gone = {was for was, now in zip(within, read, strict=True) if now.way == "in"}
    return replace(day, taps=[replace(one, way="out") if one in gone else one for one in day.taps])
