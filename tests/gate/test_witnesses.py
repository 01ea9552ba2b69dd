"""The phones' clocks against the gate's: a majority that agrees is heard, nobody else is, and what it says is kept."""

from hadir.gate.reading import Submission
from hadir.gate.step import Recorded
from hadir.gate.witnesses import AGREE_MS, CONFIRM_EVERY_MS, HEARD_MS, PHONES_MIN, WRONG_MS, PhonesWord, Witnesses
from hadir.records.jws import parse_jws
from hadir.records.kinds import PUNCH_KINDS
from hadir.records.note import Signer
from hadir.records.phone_records import read_phone_record
from hadir.records.times import TimeToken, issue_time
from hadir.site import Site
from rehearsal.phones import EPOCH_MS, Phone
from rehearsal.simulation.gate import at_once
from tests.gate.test_clock import Wall, clock_states, writer_of

GATE = Signer.from_seed("rehearsal/tests/gate1/2026", bytes(32))
RECORDED = Recorded(record_hash=bytes(32), index=0, flags=(), repeat=False)


def tap(phone: Phone, *, behind_ms: int, at_ms: int = EPOCH_MS, gate: Signer = GATE) -> Submission:
    """With a time signed at `at_ms`, when the phone's clock was so far behind."""
    token = issue_time(TimeToken(v=1, nonce="A" * 22, at_ms=at_ms, clock="ok", error_ms=20), gate)
    held = {"token": token, "wall_ms": at_ms - behind_ms, "mono_ms": 1, "origin_ms": at_ms}
    record = phone.punch(wall_ms=at_ms - behind_ms, signed_time=held)
    return Submission(read_phone_record(parse_jws(record), PUNCH_KINDS))


def heard(*behind_ms: int) -> Witnesses:
    witnesses = Witnesses(GATE.name)
    for number, behind in enumerate(behind_ms, 1):
        witnesses.hear([(tap(Phone(number), behind_ms=behind), RECORDED)], EPOCH_MS)
    return witnesses


def test_enough_phones_that_agree_find_the_gate_wrong_or_right() -> None:
    assert heard(*[480_000] * (PHONES_MIN - 1)).testimony(EPOCH_MS) is None
    assert heard(*[480_000] * PHONES_MIN).testimony(EPOCH_MS) == PhonesWord("wrong", 480_000)
    assert heard(*[-480_000] * PHONES_MIN).testimony(EPOCH_MS) == PhonesWord("wrong", -480_000)
    slow_network = heard(*[-9_000] * PHONES_MIN)
    assert slow_network.testimony(EPOCH_MS) == PhonesWord("right", -9_000)
    assert PhonesWord("wrong", -480_000).quality.error_ms == 480_000 + WRONG_MS


def test_a_third_whose_clocks_are_turned_back_are_not_believed_and_a_half_is_nobodys_word() -> None:
    crowd = [AGREE_MS // 2] * PHONES_MIN
    assert heard(*crowd, *[480_000] * (PHONES_MIN // 2)).testimony(EPOCH_MS) == PhonesWord("right", AGREE_MS // 2)
    assert heard(*crowd, *[480_000] * PHONES_MIN).testimony(EPOCH_MS) is None


def test_who_is_not_confirmed_or_says_it_again_or_long_ago_or_of_another_gate_is_not_heard() -> None:
    witnesses, sari = Witnesses(GATE.name), Phone(7)
    other = Signer.from_seed("rehearsal/tests/gate2/2026", bytes(32))
    mine = tap(sari, behind_ms=0)
    witnesses.hear([(mine, Recorded(bytes(32), 0, ("unconfirmed",), repeat=False))], EPOCH_MS)
    witnesses.hear([(mine, Recorded(bytes(32), 0, (), repeat=True))], EPOCH_MS)
    witnesses.hear([(mine, RECORDED)], EPOCH_MS + HEARD_MS + 1)
    witnesses.hear([(tap(sari, behind_ms=0, gate=other), RECORDED)], EPOCH_MS)
    assert witnesses._heard == {}
    for _ in range(PHONES_MIN):
        witnesses.hear([(tap(sari, behind_ms=0), RECORDED)], EPOCH_MS)
    assert witnesses.testimony(EPOCH_MS) is None, "one phone is one witness"


def test_the_gate_keeps_what_its_phones_say_and_believes_itself_again_when_they_do(site: Site) -> None:
    wall = Wall()
    writer = writer_of(site, wall)
    at_once(writer.begin())

    def phones_say(ahead_ms: int, *, after_ms: int) -> None:
        wall.wall_ms += after_ms
        wall.steady_ms += after_ms
        writer._witnesses._heard = {bytes([n]): (wall.wall_ms, ahead_ms) for n in range(PHONES_MIN)}
        at_once(writer._look_around())

    phones_say(0, after_ms=0)
    phones_say(0, after_ms=1_000)
    phones_say(0, after_ms=CONFIRM_EVERY_MS)
    phones_say(480_000, after_ms=1_000)
    found = writer.moment()[1]
    phones_say(481_000, after_ms=1_000)
    writer._witnesses.forget()
    at_once(writer._look_around())
    in_silence = writer.quality.word
    phones_say(600_000, after_ms=1_000)
    phones_say(0, after_ms=1_000)
    in_the_end = writer.quality.word
    at_once(writer.stop("end of test"))
    assert (found.word, found.error_ms, in_silence, in_the_end) == ("wrong", 495_000, "wrong", "ok")
    said = [(state.clock, state.error_ms) for state in clock_states(site) if state.clock != "simulated"]
    assert said == [("ok", 5), ("ok", 5), ("ok", 5), ("wrong", 495_000), ("wrong", 615_000), ("ok", 5)]
