"""Who is at the door: one address never takes all of it, and whoever does nothing makes room."""

from dataclasses import dataclass

from hadir.door.room import Room, network_of


@dataclass(eq=False)
class Caller:
    is_waiting: bool = True
    dropped: bool = False

    def drop(self) -> None:
        self.dropped = True


def enter(room: Room, address: str, *, waiting: bool = True) -> Caller | None:
    caller = Caller(waiting)
    return caller if room.enter(caller, address) else None


def test_heads_that_never_end_push_out_one_another_and_nobody_else() -> None:
    room = Room(connections_max=10)
    others = [enter(room, "10.0.0.1") for _ in range(4)]
    slow = [enter(room, "6.6.6.6") for _ in range(50)]
    assert not any(other is None or other.dropped for other in others)
    assert [caller is not None and caller.dropped for caller in slow] == [True] * 45 + [False] * 5
    assert len(room) == 9


def test_whoever_waits_for_an_answer_is_never_sent_away() -> None:
    room = Room(connections_max=4)
    busy = [enter(room, "10.0.0.1", waiting=False) for _ in range(2)]
    assert enter(room, "10.0.0.1") is None
    assert enter(room, "10.0.0.2") is not None
    assert not any(caller is None or caller.dropped for caller in busy)


def test_a_full_door_takes_a_newcomer_for_whoever_came_first() -> None:
    room = Room(connections_max=4)
    callers = [enter(room, f"10.0.0.{number}") for number in range(5)]
    assert [caller is not None and caller.dropped for caller in callers] == [True, False, False, False, False]


def test_bodies_are_counted_until_they_are_answered() -> None:
    room = Room(bytes_max=1_000)
    one, same, other = (enter(room, address) for address in ("6.6.6.6", "6.6.6.6", "10.0.0.1"))
    assert one
    assert same
    assert other
    assert room.keep(one, 300)
    assert room.keep(same, 200)
    assert not room.keep(same, 1)
    assert room.keep(other, 500)
    room.forget(one, 100)
    assert room.keep(same, 100)
    room.leave(one)
    assert room.keep(same, 200)
    room.forget(other)
    assert room.keep(other, 500)


def test_an_ipv6_network_is_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1") == "10.0.0.1"
    assert network_of("") == ""
