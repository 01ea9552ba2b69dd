"""A gate's journal ends and another goes on: the office reads both, and counts nothing twice."""

import pytest

from hadir import continuity
from hadir.office.follower import rebuilding
from hadir.office.judging.judging import Court
from hadir.office.projection.models import MeasuredOutage, Place, Punch, VerdictRow
from hadir.records.kinds import Kind
from hadir.records.server_records import TurnReason
from rehearsal.demo import cast as demo
from tests.office.conftest import at
from tests.office.morning import Morning

pytestmark = pytest.mark.django_db


def turn(morning: Morning, reason: TurnReason, now_ms: int) -> None:
    root = continuity.root_signer(morning.site, None)
    morning.site = continuity.roll(morning.site, "gate1", reason=reason, root=root, now_ms=now_ms)


@pytest.mark.parametrize("reason", ["year", "key", "restore"])
def test_a_tap_that_a_phone_sends_again_to_the_next_journal_counts_once(morning: Morning, reason: TurnReason) -> None:
    morning.starts(at(5, 0))
    record = morning.tap(demo.HASAN, "in", at(7, 10))
    morning.follow(at(7, 20))
    before = VerdictRow.objects.get(person=demo.HASAN).body["arrival"]
    turn(morning, reason, at(8, 0))
    morning.starts(at(8, 5))
    morning.append([(Kind.PUNCH, record.encode())], at(8, 6))
    morning.follow(at(8, 10))
    assert Punch.objects.get().origin == "rehearsal/batola/gate1/2026", "the first receipt stands"
    assert Place.objects.get().origin == morning.site.origin("gate1")
    assert VerdictRow.objects.get(person=demo.HASAN).body["arrival"] == before


def test_the_outage_between_two_journals_is_measured(morning: Morning) -> None:
    morning.starts(at(5, 0))
    turn(morning, "restore", at(8, 0))
    morning.starts(at(8, 5))
    morning.follow(at(8, 10))
    outage = MeasuredOutage.objects.get()
    assert (outage.from_ms, outage.until_ms) == (at(5, 0), at(8, 5))


def test_a_projection_is_built_again_from_all_journals(morning: Morning, court: Court) -> None:
    morning.starts(at(5, 0))
    morning.tap(demo.HASAN, "in", at(7, 10))
    turn(morning, "year", at(8, 0))
    morning.starts(at(8, 5))
    morning.tap(demo.HASAN, "out", at(16, 5), signed_ms=at(7, 0))
    morning.follow(at(17, 0))
    before = rebuilding.verdict_digest()
    assert rebuilding.rebuild(court, now_ms=at(17, 0)) == before
    assert Punch.objects.count() == 2
