"""What the making of a past keeps in hand: taps are judged on the day on which they lie now."""

from datetime import timedelta

import pytest

from hadir.office.follower.keeping import put_on_days
from hadir.office.judging.judging import JudgeContext
from hadir.office.projection.models import Punch
from rehearsal.demo import cast as demo
from rehearsal.demo.parallel_backfill import ParallelBackfill
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db


def test_a_tap_that_moves_to_another_day_is_judged_there_alone(context: JudgeContext, morning: Morning) -> None:
    morning.tap(demo.SARI, "in", at(7, 20))
    morning.follow(at(8, 0))
    (punch,) = Punch.objects.filter(person=demo.SARI)
    _, facts = put_on_days(context, [punch])
    assert punch.day is not None
    first, second = (demo.SARI, punch.day), (demo.SARI, punch.day + timedelta(days=1))
    together = ParallelBackfill(context, lambda: None, now_ms=at(8, 0))
    together._on_placed([punch], facts)
    assert [len(taps) for taps in together._of([first, second]).values()] == [1, 0]
    punch.day = second[1]
    together._on_placed([punch], facts)
    assert [len(taps) for taps in together._of([first, second]).values()] == [0, 1]
