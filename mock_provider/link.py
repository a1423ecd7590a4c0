"""How a worker reaches the house: in its own process, or (`remote.py`) in the coordinator's."""

from typing import Protocol

from harness import clock
from mock_provider.house import Arrival, Entry, House
from mock_provider.pacer import Pacer
from mock_provider.ticking import Deliver, Ticking


class Link(Protocol):
    def start(self, pacer: Pacer, deliver: Deliver) -> None:
        """Called once, in the running loop, before the first request."""
        ...

    async def enter(self, arrival: Arrival) -> Entry: ...

    def leave(self, ticket: int, emitted: int) -> None: ...

    async def command(self, verb: str, body: bytes) -> bytes:
        """An operator's command; the answer is JSON. Raises `mock_provider.house.BadCommand`."""
        ...


class LocalLink:
    """The house lives here; asking it costs a call."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._ticking: Ticking | None = None

    def start(self, pacer: Pacer, deliver: Deliver) -> None:
        self._ticking = Ticking(self._house, pacer, deliver)

    async def enter(self, arrival: Arrival) -> Entry:
        entry = self._house.enter(arrival, clock.now())
        if self._ticking is not None:
            self._ticking.wake(arrival.model)
        return entry

    def leave(self, ticket: int, emitted: int) -> None:
        self._house.leave(ticket, emitted)

    async def command(self, verb: str, body: bytes) -> bytes:
        return self._house.command(verb, body, clock.now())
