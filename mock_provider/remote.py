"""The house in one process, its workers in others: lines of JSON over a Unix socket.

A worker asks once when a request comes and says once that it is over. A batch tells each worker once a
step which of its streams have got a token; nothing travels for each token.
"""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import msgspec

from harness import clock
from mock_provider.batch import Step
from mock_provider.house import Arrival, BadCommand, Entry, House
from mock_provider.pacer import Pacer
from mock_provider.ticking import Deliver, Ticking

_LONGEST = 16 << 20  # an operator may send many rules


class _Hello(msgspec.Struct, tag="hello"):
    worker: str


class _Enter(msgspec.Struct, tag="enter"):
    number: int
    arrival: Arrival


class _Leave(msgspec.Struct, tag="leave"):
    ticket: int
    emitted: int


class _Command(msgspec.Struct, tag="command"):
    number: int
    verb: str
    body: bytes


class _Entered(msgspec.Struct, tag="entered"):
    number: int
    entry: Entry


class _Answered(msgspec.Struct, tag="answered"):
    number: int
    body: bytes = b""
    refused: str = ""


class _Stepped(msgspec.Struct, tag="stepped"):
    at_ns: int
    step: Step


_encode = msgspec.json.Encoder().encode
_decode_asked = msgspec.json.Decoder(_Hello | _Enter | _Leave | _Command).decode
_decode_said = msgspec.json.Decoder(_Entered | _Answered | _Stepped).decode


class Coordinator:
    """Answers for the house to every worker that connects. A worker that goes away gives back all it had."""

    def __init__(self, house: House, path: Path) -> None:
        self._house, self._path = house, path
        self._writers: dict[str, asyncio.StreamWriter] = {}
        self._ticking: Ticking | None = None

    async def start(self) -> asyncio.AbstractServer:
        self._ticking = Ticking(self._house, Pacer(asyncio.get_running_loop()), self._deliver)
        return await asyncio.start_unix_server(self._serve, self._path, limit=_LONGEST)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        worker = ""
        try:
            while line := await reader.readline():
                asked = _decode_asked(line)
                if isinstance(asked, _Hello):
                    worker = asked.worker
                    self._writers[worker] = writer
                else:
                    self._answer(asked, writer)
        except ConnectionError:
            pass  # as good as an end
        finally:
            self._writers.pop(worker, None)
            self._house.lost(worker)
            writer.close()

    def _answer(self, asked: _Enter | _Leave | _Command, writer: asyncio.StreamWriter) -> None:
        match asked:
            case _Enter():
                entry = self._house.enter(asked.arrival, clock.now())
                writer.write(_encode(_Entered(asked.number, entry)) + b"\n")
                if self._ticking is not None:
                    self._ticking.wake(asked.arrival.model)
            case _Leave():
                self._house.leave(asked.ticket, asked.emitted)
            case _Command():
                writer.write(_encode(self._command(asked)) + b"\n")

    def _command(self, asked: _Command) -> _Answered:
        try:
            return _Answered(asked.number, self._house.command(asked.verb, asked.body, clock.now()))
        except BadCommand as error:
            return _Answered(asked.number, refused=str(error))

    def _deliver(self, step: Step, at_ns: int) -> None:
        parts: dict[str, Step] = {}
        for tickets, field in ((step.admitted, "admitted"), (step.granted, "granted")):
            for ticket in tickets:
                part = parts.setdefault(self._house.holder(ticket), Step())
                getattr(part, field).append(ticket)
        for worker, part in parts.items():
            if worker in self._writers:
                self._writers[worker].write(_encode(_Stepped(at_ns, part)) + b"\n")


class RemoteLink:
    """A worker's way to the house. `on_lost` is called when the coordinator has gone away."""

    def __init__(self, worker: str, path: Path, on_lost: Callable[[], None]) -> None:
        self._worker, self._path, self._on_lost = worker, path, on_lost
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[_Entered | _Answered]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._deliver: Deliver | None = None
        self._reading: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Raises OSError when there is no coordinator."""
        reader, self._writer = await asyncio.open_unix_connection(self._path, limit=_LONGEST)
        self._send(_Hello(self._worker))
        self._reading = asyncio.create_task(self._read(reader))

    def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()

    def start(self, pacer: Pacer, deliver: Deliver) -> None:
        self._deliver = deliver

    async def enter(self, arrival: Arrival) -> Entry:
        said = await self._ask(lambda number: _Enter(number, arrival))
        assert isinstance(said, _Entered)
        return said.entry

    def leave(self, ticket: int, emitted: int) -> None:
        self._send(_Leave(ticket, emitted))

    async def command(self, verb: str, body: bytes) -> bytes:
        said = await self._ask(lambda number: _Command(number, verb, body))
        assert isinstance(said, _Answered)
        if said.refused:
            raise BadCommand(said.refused)
        return said.body

    async def _ask(self, question: Callable[[int], msgspec.Struct]) -> _Entered | _Answered:
        number = next(self._numbers)
        waiting: asyncio.Future[_Entered | _Answered] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        self._send(question(number))
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self._unheard(waiting.result())
            raise

    def _send(self, message: msgspec.Struct) -> None:
        assert self._writer is not None
        if not self._writer.is_closing():
            self._writer.write(_encode(message) + b"\n")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._heard(_decode_said(line))
        except ConnectionError:
            pass  # as good as an end
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError("the coordinator has gone away"))
        self._on_lost()

    def _heard(self, said: _Entered | _Answered | _Stepped) -> None:
        if isinstance(said, _Stepped):
            if self._deliver is not None:
                self._deliver(said.step, said.at_ns)
            return
        waiting = self._waiting.pop(said.number)
        if not waiting.cancelled():
            waiting.set_result(said)
        else:
            self._unheard(said)

    def _unheard(self, said: _Entered | _Answered) -> None:
        """Whoever asked has gone: its peer left while the house was asked, or as the answer came in."""
        if isinstance(said, _Entered) and said.entry.ticket:
            self.leave(said.entry.ticket, 0)
