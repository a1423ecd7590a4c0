"""One user of a real server, on gevent without any patching: the test process stays as it is."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from harness import clock
from harness.answer import AnswerCheck
from harness.dialects.dialect import HttpRequest
from harness.plan.target import Limits
from harness.record import StreamRecord
from harness.transports.connection import Address
from harness.transports.http1 import Exchange, Http1Client
from harness.transports.kernel_stamps import KernelClock
from harness.transports.leaving import Leaving
from harness.transports.reception import Reception
from harness.transports.sweep import Sweep
from tests.transports.answers import DIALECT, SEED, STREAM

PATIENT = Limits(connect_s=5, headers_s=8, first_content_s=8, idle_s=8, total_s=20)
GET = HttpRequest("GET", "/stream?prompt=hi", {})


class Asker:
    """A client with its sweep; `ask` waits for the answer, `open` lets a test do what it likes meanwhile."""

    def __init__(self, pooled: bool = True, verify_tls: bool = True, **limits: float) -> None:
        self.sweep, self.kernel = Sweep(), KernelClock()
        self.client = Http1Client(
            msgspec.structs.replace(PATIENT, **limits), self.sweep, self.kernel, pooled, verify_tls
        )
        self.sweep.start()

    def close(self) -> None:
        self.client.close()
        self.sweep.stop()
        self.kernel.close()

    def open(
        self,
        url: str,
        leaving: Leaving | None = None,
        events: bool = False,
        request: HttpRequest = GET,
        reception: Reception | None = None,
    ) -> Exchange:
        if reception is None:
            record = StreamRecord(stream=STREAM, intended_ns=clock.now(), dispatched_ns=clock.now())
            reception = Reception(
                record, DIALECT, AnswerCheck(SEED, STREAM), leaving.at_token if leaving else None
            )
        return self.client.exchange(Address.of(url), request, reception, DIALECT, leaving, events)

    def ask(self, url: str, leaving: Leaving | None = None, request: HttpRequest = GET) -> StreamRecord:
        with self.open(url, leaving, request=request) as exchange:
            exchange.wait()
        return exchange.record


@contextmanager
def asker(pooled: bool = True, verify_tls: bool = True, **limits: float) -> Iterator[Asker]:
    made = Asker(pooled, verify_tls, **limits)
    try:
        yield made
    finally:
        made.close()
