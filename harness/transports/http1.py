"""HTTP/1.1 from a simulated user: connect, send, be woken at the end."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol

import gevent

from harness import clock
from harness.dialects.dialect import Dialect, HttpRequest
from harness.dialects.events import TokenEvent
from harness.plan.target import Limits
from harness.policies.patience import Patience
from harness.record import StreamRecord
from harness.transports.connection import Address, ConnectFailed, Connection, connect
from harness.transports.ending import Cause
from harness.transports.event_queue import EventQueue
from harness.transports.kernel_stamps import KernelClock
from harness.transports.leaving import Leaving
from harness.transports.sweep import Sweep
from harness.transports.tls import TlsChannel
from harness.transports.watch import Feed, Watch


class Receiving(Protocol):
    """What an exchange needs of whatever takes in its response; `Reception` is one."""

    record: StreamRecord
    hear: Callable[[TokenEvent], None] | None

    @property
    def keep_alive(self) -> bool: ...

    def feed(self, data: bytes, stamp_ns: int, lag_ns: int) -> Cause | None: ...

    def settle(self, cause: Cause, closed_ns: int, dialect: Dialect) -> None: ...


class Http1Client:
    """One user's connections: at most one idle connection an address, none when `pooled` is off."""

    def __init__(
        self, limits: Limits, sweep: Sweep, kernel: KernelClock, pooled: bool = True, verify_tls: bool = True
    ) -> None:
        self.limits, self.sweep, self.kernel, self.pooled = limits, sweep, kernel, pooled
        self._verify = verify_tls
        self._idle: dict[Address, Connection] = {}

    def exchange(
        self,
        address: Address,
        request: HttpRequest,
        reception: Receiving,
        dialect: Dialect,
        leaving: Leaving | None = None,
        events: bool = False,
        patience: Patience | None = None,
        limits: Limits | None = None,
    ) -> "Exchange":
        """One attempt, to be used in a `with` block; `events` keeps them for iteration.

        `limits` are the attempt's own, where they are not the client's.
        """
        queue = EventQueue() if events else None
        limits = limits or self.limits
        return Exchange(self, address, request, reception, dialect, leaving, queue, patience, limits)

    def take(self, address: Address, record: StreamRecord) -> Connection:
        """A connection to `address`, the idle one if it still stands. Raises ConnectFailed."""
        idle = self._idle.pop(address, None)
        if idle is not None and not idle.stale:
            record.connection = "pooled"
            record.connected_ns = clock.now()
            return idle
        if idle is not None:
            idle.close()
        record.connection = "new"
        connection = connect(address, self.limits.connect_s, self._verify)
        record.connected_ns = clock.now()
        return connection

    def keep(self, address: Address, connection: Connection) -> None:
        """Take back a connection that may carry another request."""
        self._idle[address] = connection

    def close(self) -> None:
        """Close the idle connections."""
        for connection in self._idle.values():
            connection.close()
        self._idle.clear()


class Exchange:
    """One request and its answer; its record is settled when the block is left, whatever happened in it.

    Entering connects and sends. From then on the answer arrives by itself: `wait` for its ending, or
    iterate. Leaving the block earlier is the user leaving. Every ending of the stream is in the record;
    what is raised is a bug of ours, or came from the block: GreenletExit is the run's end,
    `gevent.Timeout` the user's patience.
    """

    def __init__(
        self,
        client: Http1Client,
        address: Address,
        request: HttpRequest,
        reception: Receiving,
        dialect: Dialect,
        leaving: Leaving | None,
        events: EventQueue | None,
        patience: Patience | None,
        limits: Limits,
    ) -> None:
        self.record = reception.record
        self._client, self._address, self._request = client, address, request
        self._reception, self._dialect, self._leaving, self._events = reception, dialect, leaving, events
        self._patience, self._limits = patience, limits
        self._connection: Connection | None = None
        self._watch: Watch | None = None
        self._cause: Cause | None = None  # where there was nothing to watch

    def __enter__(self) -> "Exchange":
        try:
            self._begin()
        except BaseException as error:
            if isinstance(error, Exception):
                self._cause = Cause.HARNESS
            self._settle(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        watch = self._watch
        left = error is None and watch is not None and watch.ending is Cause.LEFT
        try:
            if left and self._leaving is not None and self._leaving.stop_reading:
                gevent.sleep(self._limits.idle_s)  # frozen: it stays open and nobody reads it
        finally:
            self._settle(error)
        if error is None and watch is not None and isinstance(watch.ending, Exception):
            raise watch.ending

    @property
    def left(self) -> bool:
        """Whether the user has left by plan; the connection is still as it was until the block is left."""
        return self._watch is not None and self._watch.ending is Cause.LEFT

    def wait(self) -> None:
        """Until the answer has an ending."""
        if self._watch is not None:
            self._watch.ended.wait()

    def __iter__(self) -> Iterator[TokenEvent]:
        """The answer's events as they arrive, proofs of life left out, until it has an ending."""
        assert self._events is not None
        return self._events.each(self._watch) if self._watch is not None else iter(())

    @property
    def missed(self) -> int:
        """Events that came while too many others waited for a slow user."""
        return self._events.missed if self._events is not None else 0

    def _begin(self) -> None:
        client, record, reception = self._client, self.record, self._reception
        try:
            self._connection = connection = client.take(self._address, record)
        except ConnectFailed as failed:
            self._cause, record.error = failed.cause, failed.message
            return
        feed = reception.feed if connection.tls is None else _decrypting(connection.tls, reception.feed)
        self._watch = watch = Watch(connection.sock, feed, client.kernel, clock.now())
        if self._events is not None:
            reception.hear, watch.after_read = self._events.hear, self._events.wake
        try:
            connection.send(_wire(self._request, self._address, client.pooled), self._limits.headers_s)
        except TimeoutError:
            watch.end(Cause.TIMEOUT_HEADERS)
        except OSError:
            watch.end(Cause.RESET)  # unless an answer, or the end of the connection, came first
        else:
            record.sent_ns = clock.now()
            client.sweep.add(record, watch, self._limits, self._leaving, self._patience)

    def _settle(self, error: BaseException | None) -> None:
        """Must not block: it also runs when the greenlet is killed."""
        closed_ns, record, watch = clock.now(), self.record, self._watch
        cause = self._cause or _why_left(error)
        if watch is not None:
            watch.end(cause)  # the first ending counts
            cause = watch.ending if isinstance(watch.ending, Cause) else Cause.HARNESS
            record.stamps_kernel, record.stamps_absent, record.stamps_implausible = watch.sources
            if cause in (Cause.HTTP_END, Cause.EOF, Cause.RESET):
                closed_ns = watch.last_ns  # when it arrived, not when we woke
            self._client.sweep.remove(watch)
        self._reception.settle(cause, closed_ns, self._dialect)
        self._release(cause)

    def _release(self, cause: Cause) -> None:
        connection, leaving = self._connection, self._leaving
        if connection is None:
            return
        if self._client.pooled and cause is Cause.HTTP_END and self._reception.keep_alive:
            self._client.keep(self._address, connection)
        else:
            connection.close(rst=cause is Cause.LEFT and leaving is not None and leaving.rst)


def _why_left(error: BaseException | None) -> Cause:
    match error:
        case gevent.Timeout():
            return Cause.GAVE_UP
        case None | Exception():
            return Cause.LEFT
        case _:
            return Cause.RUN_ENDED


def _decrypting(tls: TlsChannel, feed: Feed) -> Feed:
    def feed_plain(data: bytes, stamp_ns: int, lag_ns: int) -> Cause | None:
        if not data:
            return feed(b"", stamp_ns, lag_ns)
        plain, ending = tls.decrypt(data)
        cause = feed(plain, stamp_ns, lag_ns) if plain else None
        if cause is not None or ending is None:
            return cause
        return feed(b"", stamp_ns, lag_ns) if ending is Cause.EOF else ending

    return feed_plain


def _wire(request: HttpRequest, address: Address, keep_alive: bool) -> bytes:
    host = f"[{address.host}]" if ":" in address.host else address.host
    default = 443 if address.tls else 80
    headers = {
        "host": host + (f":{address.port}" if address.port != default else ""),
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "user-agent": "streamproof",
        "connection": "keep-alive" if keep_alive else "close",
        **request.headers,  # which may ask for something else
    }
    lines = [f"{request.method} {request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if request.body:
        lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + request.body
