"""Places taken several at a time."""

import gevent
from gevent.event import Event

from harness.audit.room import Room


class Guest:
    """Sits down with `wanted` places, and stays until told to go."""

    def __init__(self, room: Room, wanted: int) -> None:
        self.seated, self.go = Event(), Event()
        self._greenlet = gevent.spawn(self._stay, room, wanted)

    def _stay(self, room: Room, wanted: int) -> None:
        with room.seats(wanted):
            self.seated.set()
            self.go.wait()

    def leave(self) -> None:
        self.go.set()
        self._greenlet.join()


def seated(*guests: Guest) -> list[bool]:
    for _ in range(9):
        gevent.sleep(0)  # a turn for everybody
    return [guest.seated.is_set() for guest in guests]


def test_guests_sit_as_long_as_there_are_places() -> None:
    room = Room(5)
    first, second, third = Guest(room, 3), Guest(room, 2), Guest(room, 1)
    assert seated(first, second, third) == [True, True, False]
    second.leave()
    assert seated(third) == [True]
    first.leave()
    third.leave()


def test_a_large_party_is_not_overtaken() -> None:
    room = Room(4)
    first, party, small = Guest(room, 3), Guest(room, 4), Guest(room, 1)
    assert seated(first, party, small) == [True, False, False]
    first.leave()
    assert seated(party, small) == [True, False]
    party.leave()
    assert seated(small) == [True]
    small.leave()


def test_a_party_larger_than_the_room_gets_the_whole_room() -> None:
    room = Room(2)
    party, other = Guest(room, 9), Guest(room, 1)
    assert seated(party, other) == [True, False]
    party.leave()
    assert seated(other) == [True]
    other.leave()


def test_who_is_turned_away_while_waiting_gives_back_what_was_held() -> None:
    room = Room(3)
    first, waiting = Guest(room, 2), Guest(room, 3)
    assert seated(first, waiting) == [True, False]
    waiting._greenlet.kill()
    first.leave()
    last = Guest(room, 3)
    assert seated(last) == [True]
    last.leave()
