"""Asks one question over a real socket, and hears what comes of it at the user's end."""

import gevent
import msgspec

from harness import clock
from harness.answer import AnswerCheck
from harness.audit.listening import Listening
from harness.audit.system import System
from harness.audit.wording import dialect_of, request
from harness.checks.audit.check import Heard, Leave, Question
from harness.record import StreamRecord
from harness.transports.connection import Address
from harness.transports.http1 import Exchange, Http1Client
from harness.transports.kernel_stamps import KernelClock
from harness.transports.leaving import Leaving
from harness.transports.sweep import Sweep

_POLL_S = 0.01
_RESAMPLE_S = 1.0


class Asker:
    """A user for each question, each with a connection of its own. Used in a `with` block."""

    def __init__(self, system: System, seed: int | None) -> None:
        self._system, self._seed = system, seed
        self._sweep, self._kernel = Sweep(), KernelClock()
        self._resampling: gevent.Greenlet | None = None

    def __enter__(self) -> "Asker":
        self._sweep.start()
        self._resampling = gevent.spawn(self._resample)
        return self

    def __exit__(self, *_: object) -> None:
        if self._resampling is not None:
            self._resampling.kill(block=False)
        self._sweep.stop()
        self._kernel.close()

    def _resample(self) -> None:
        while True:
            gevent.sleep(_RESAMPLE_S)
            self._kernel.resample()

    def ask(self, question: Question, stream: int, intended_ns: int) -> Heard:
        """Ask now what was intended for `intended_ns`; returns when the user has gone.

        Raises KeyError for an endpoint or hop that the system has not.
        """
        file = self._system.file
        dialect = dialect_of(file, question)
        wanted = request(file, question, stream, self._system.api_key)
        address = Address.of(self._system.base(question))
        leave = question.leave
        record = StreamRecord(
            stream=stream,
            name=question.name,
            dialect=dialect.name,
            model=file.target.model or "",
            intended_ns=intended_ns,
            dispatched_ns=clock.now(),
        )

        def new_check() -> AnswerCheck | None:
            known = self._seed is not None and question.schema is None
            return AnswerCheck(self._seed or 0, stream) if known else None

        presses = leave is not None and leave.how == "stop_button"
        at_token = leave.at_token if leave is not None and not presses else None
        listening = Listening(record, dialect, new_check, at_token)
        heard = Heard(question=question, record=record)
        client = Http1Client(question.limits, self._sweep, self._kernel, True, file.target.verify_tls)
        finger: gevent.Greenlet | None = None
        try:
            leaving = _leaving(leave) if leave is not None and not presses else None
            with client.exchange(address, wanted, listening, dialect, leaving) as exchange:
                if leave is not None and presses:
                    finger = gevent.spawn(self._press, leave, listening, heard)
                exchange.wait()
                self._stay_frozen(exchange, question, heard)
        finally:
            client.close()
            if finger is not None:
                finger.join(timeout=1)
                finger.kill()
        if leave is not None and exchange.left and heard.left_ns is None:
            heard.left_ns = record.closed_ns
        heard.headers, heard.body, heard.events = listening.headers, bytes(listening.body), listening.events
        return heard

    def _stay_frozen(self, exchange: Exchange, question: Question, heard: Heard) -> None:
        """A user who reads no more keeps the connection until its time is up."""
        leave, record = question.leave, heard.record
        if leave is None or leave.how != "stop_reading" or not exchange.left:
            return
        heard.left_ns = clock.now()
        spent_s = (heard.left_ns - (record.dispatched_ns or record.intended_ns)) / clock.SECOND
        gevent.sleep(max(0.0, question.limits.total_s - spent_s))

    def _press(self, leave: Leave, listening: Listening, heard: Heard) -> None:
        """Watch the answer, and press the button when its user would."""
        timed = _leaving(msgspec.structs.replace(leave, at_token=None))
        while True:
            record = listening.record
            there = leave.at_token is not None and listening.position >= leave.at_token
            if there or timed.due(record, clock.now()):
                heard.left_ns = clock.now()
                heard.stop_status = self._system.press_stop(record.stream)
                return
            gevent.sleep(_POLL_S)


def _leaving(leave: Leave) -> Leaving:
    return Leaving(
        at_token=leave.at_token,
        after_s=leave.after_s,
        before_first=leave.before_first,
        rst=leave.how == "rst",
    )
