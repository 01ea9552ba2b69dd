"""The queue before the writer, with time as a number."""

import pytest

from hadir.gate.admission import (
    BATCH_RECORDS_MAX,
    LESSON_RECORDS,
    RECORDS_MAX,
    RETRY_SECONDS_MAX,
    RETRY_SECONDS_MIN,
    WAIT_MS_MAX,
    AdmissionQueue,
    PendingRequest,
)
from hadir.gate.step import SentDetail
from hadir.records.refusals import Refusal, Refused


def somebody() -> PendingRequest:
    return PendingRequest((), detail=SentDetail(bytes(16), "", b""), done=lambda _: None, since_ms=0)


def filled(queue: AdmissionQueue) -> int:
    """How many are let in before somebody is refused."""
    with pytest.raises(Refused, match="busy"):
        join_all(queue)
    return queue.waiting


def join_all(queue: AdmissionQueue) -> None:
    for _ in range(2 * RECORDS_MAX):
        queue.join(somebody())


def test_nobody_is_let_in_who_would_wait_too_long() -> None:
    queue = AdmissionQueue()
    for _ in range(20):
        queue.observe(100, 100.0)
    assert WAIT_MS_MAX * 0.9 < filled(queue) < WAIT_MS_MAX * 1.2


def test_a_fast_writer_lets_in_no_more_than_its_memory_bears() -> None:
    queue = AdmissionQueue()
    for _ in range(50):
        queue.observe(1_000, 1.0)
    assert filled(queue) == RECORDS_MAX


def test_small_batches_teach_nothing_about_a_busy_writer() -> None:
    queue = AdmissionQueue()
    before = filled(queue)
    queue.empty()
    for _ in range(50):
        queue.observe(1, 100.0)
    assert filled(queue) == before


def test_however_slow_it_was_the_writer_gets_enough_to_learn_better() -> None:
    queue = AdmissionQueue()
    for _ in range(50):
        queue.observe(LESSON_RECORDS, 3_600_000)
    assert filled(queue) >= LESSON_RECORDS


def test_batches_come_in_order_and_have_an_end() -> None:
    queue, everybody = AdmissionQueue(), [somebody() for _ in range(BATCH_RECORDS_MAX + 3)]
    for request in everybody:
        queue.join(request)
    first, rest = queue.drain(), queue.drain()
    assert [*first, *rest] == everybody
    assert (len(first), queue.waiting, queue.drain()) == (BATCH_RECORDS_MAX, 0, [])


def test_a_closed_line_lets_nobody_in_and_keeps_who_is_there() -> None:
    queue = AdmissionQueue()
    queue.join(somebody())
    queue.close(Refusal.STOPPING)
    with pytest.raises(Refused, match="stopping"):
        queue.join(somebody())
    assert len(queue.drain()) == 1


def test_whoever_is_sent_away_comes_back_behind_those_who_were_sent_away_before() -> None:
    queue = AdmissionQueue()
    for _ in range(50):
        queue.observe(1_000, 1_000.0)
    told = [queue.retry_after_s(0) for _ in range(300_000)]
    assert max(told[:100]) <= RETRY_SECONDS_MIN + 3
    assert told[40_000] == pytest.approx(40_000 / 1_000 / 0.8, abs=6), "the row moves a little slower than the writer"
    assert RETRY_SECONDS_MAX - 5 <= told[-1] <= RETRY_SECONDS_MAX, "and however many come, nobody waits for ever"
    assert queue.retry_after_s(3_600_000) <= RETRY_SECONDS_MIN + 3, "an hour later the row is gone"
    assert len(set(told[:100])) > 1, "not all in one moment"
