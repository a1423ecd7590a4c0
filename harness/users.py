"""The Locust user that streams. Scenarios subclass it and call `self.stream`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

import gevent
from locust import User
from locust.exception import RescheduleTask, StopTest, StopUser

import harness.load.listeners  # noqa: F401  registers our options and listeners with Locust
from harness import clock
from harness.load.question import Question
from harness.load.session import Session
from harness.plan.draws import sample
from harness.plan.phases import Phase
from harness.record import Outcome, StreamRecord
from harness.transports.http1 import Exchange, Http1Client

_FOREVER_S = 3600.0
_NO_FAILURE = (Outcome.COMPLETED, Outcome.CANCELLED, Outcome.INTERRUPTED)


class StreamFailed(Exception):
    """What Locust's table shows for a stream that did not complete."""


class StreamingUser(User):
    """Asks, watches the answer arrive, and leaves one record an attempt, whatever happened."""

    abstract = True
    default_think_s: ClassVar[tuple[float, float]] = (1.0, 3.0)  # without a plan

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.session: Session = environment.streamproof
        if not (self.session.url or self.session.wiring.cohorts):
            raise StopTest("nobody to ask: give --host http://…, or --plan with a target.url")
        self.number = self.session.next_user()
        self.rng = self.session.rng("user", self.number)
        target = self.session.plan.target
        self._client = Http1Client(
            target.limits,
            self.session.sweep,
            self.session.kernel,
            pooled=target.connections == "pooled",
            verify_tls=target.verify_tls,
        )
        self._prompts = self.session.wiring.prompts or ["Tell me about rivers."]
        self._own_wait = None if type(self).wait_time is StreamingUser.wait_time else self.wait_time
        self.wait_time = self._wait_for_turn  # type: ignore[method-assign]
        self.intended_ns: int | None = None  # of the next stream; it takes it
        self._started = False

    @property
    def scenario(self) -> str:
        """The Locust file that the class stands in; without a plan, any will do."""
        if not self.session.planned:
            return self.session.plan.phases[0].scenario_name
        return str(type(self).__module__).rpartition(".")[2]

    def on_start(self) -> None:
        if self.intended_ns is None:  # else an arrival, who has come to ask now
            self.wait()

    def on_stop(self) -> None:
        self._client.close()

    def wait_time(self) -> float:
        """Seconds between streams where no plan says so."""
        return float(self.rng.uniform(*self.default_think_s))

    def _wait_for_turn(self) -> float:
        if not self._started:
            self._started = True
            return self._until(self._ramp_s())
        phase = self._phase(clock.now())
        if phase is not None and phase.load.closed and self.session.planned:
            return self._until(sample(phase.load.think_s, self.rng))
        return self._until(self._own_wait() if self._own_wait is not None else StreamingUser.wait_time(self))

    def _ramp_s(self) -> float:
        """A user's place in the ramp of the phase it is there for: all are spawned at once."""
        phases = self.session.phases
        turn = phases.next_closed(self.scenario, clock.now()) if phases is not None else None
        return float(self.rng.uniform(0, turn[1].load.ramp_s if turn is not None else 1.0))

    def _until(self, delay_s: float) -> float:
        """Seconds to the next stream that a phase allows, at least `delay_s`; remembers when it is due."""
        now_ns = clock.now()
        due_ns = now_ns + int(delay_s * clock.SECOND)
        phases = self.session.phases
        turn = phases.next_closed(self.scenario, due_ns) if phases is not None else None
        if turn is None:
            self.intended_ns = None
            return _FOREVER_S
        start_ns, phase = turn
        if start_ns > due_ns:  # a later phase, whose first streams are spread over its ramp
            start_ns += int(self.rng.uniform(0, phase.load.ramp_s) * clock.SECOND)
        self.intended_ns = start_ns
        return (start_ns - now_ns) / clock.SECOND

    def _phase(self, instant_ns: int) -> Phase | None:
        return self.session.phases.at(instant_ns) if self.session.phases is not None else None

    def prompt(self) -> str:
        """One of the plan's prompts."""
        return str(self._prompts[int(self.rng.integers(len(self._prompts)))])

    def stream(
        self,
        prompt: str | None = None,
        *,
        name: str = "chat",
        model: str | None = None,
        max_tokens: int | None = None,
    ) -> StreamRecord:
        """Ask, and wait for the whole answer or for whatever ending it has; returns the last record.

        Where the phase's `behaviour` says so, a failed attempt is followed by others of the same stream.
        """
        question = self._question(prompt, name, model, max_tokens)
        try:
            while True:
                with self._attempt(question, events=False) as exchange:
                    exchange.wait()
                wait_s = question.next_wait_s()
                if wait_s is None or not self._bears(question, wait_s):
                    return question.record
        finally:
            self._tell_locust(question.record)

    def _bears(self, question: Question, wait_s: float) -> bool:
        """Wait for the next attempt; False where the user's patience ran out before."""
        left_s = question.patience_left_s(clock.now())
        gevent.sleep(wait_s if left_s is None else min(wait_s, left_s))
        return left_s is None or wait_s <= left_s

    def open_stream(
        self,
        prompt: str | None = None,
        *,
        name: str = "chat",
        model: str | None = None,
        max_tokens: int | None = None,
    ) -> AbstractContextManager[Exchange]:
        """Ask, and react while the answer arrives.

            with self.open_stream("…") as stream:
                for event in stream:
                    ...

        Each event is a `TokenEvent`. Leaving the block before the answer has ended is the user leaving
        (outcome cancelled); afterwards `stream.record` says how it went. There is one attempt, whatever the
        phase's `behaviour` says: what follows is the scenario's. Costs half as much again as `stream`, which
        wakes nobody before the end.
        """
        return self._reacting(prompt, name, model, max_tokens)

    @contextmanager
    def _reacting(
        self, prompt: str | None, name: str, model: str | None, max_tokens: int | None
    ) -> Iterator[Exchange]:
        question = self._question(prompt, name, model, max_tokens)
        try:
            with self._attempt(question, events=True) as exchange:
                yield exchange
        finally:
            self._tell_locust(question.record)

    def _question(self, prompt: str | None, name: str, model: str | None, max_tokens: int | None) -> Question:
        """The stream whose turn it is. Raises what Locust understands where it is nobody's turn."""
        session, now_ns = self.session, clock.now()
        if not session.accepting:
            raise StopUser
        intended_ns, self.intended_ns = self.intended_ns or now_ns, None
        phase = self._phase(intended_ns)
        if phase is None or phase.scenario_name != self.scenario:
            raise RescheduleTask  # between phases, or after the last: Locust lets the user wait for its turn
        return Question(
            session,
            phase,
            self.number,
            name=name,
            model=model,
            prompt=prompt or self.prompt(),
            max_tokens=max_tokens,
            intended_ns=intended_ns,
            dispatched_ns=now_ns,
        )

    @contextmanager
    def _attempt(self, question: Question, events: bool) -> Iterator[Exchange]:
        session, record = self.session, question.begin(clock.now())
        session.in_flight += 1
        try:
            reception = question.reception()
            with self._client.exchange(
                question.address,
                question.request(),
                reception,
                session.dialect,
                question.leaving,
                events,
                question.patience,
                question.limits,
            ) as exchange:
                yield exchange
        except Exception as error:
            if record.detail in ("", "harness_error"):  # else it came from the scenario's own block
                record.detail, record.error = "harness_error", f"{type(error).__name__}: {error}"
                session.harness_error(error)
            raise
        finally:
            session.in_flight -= 1
            question.settled()
            session.finish(record)

    def _tell_locust(self, record: StreamRecord) -> None:
        """One request event a stream, and a TTFT row that leaves the aggregated one alone."""
        environment = self.environment
        ended_ns = record.closed_ns or clock.now()
        failed = record.outcome not in _NO_FAILURE
        environment.events.request.fire(
            request_type="SSE",
            name=record.name,
            response_time=(ended_ns - record.intended_ns) / clock.MS,
            response_length=record.body_bytes,
            exception=StreamFailed(record.outcome.value) if failed else None,
            context=self.context(),
        )
        if record.first_content_ns is not None:
            entry = environment.stats.entries[f"{record.name} TTFT", "SSE"]
            entry.log((record.first_content_ns - record.intended_ns) / clock.MS, 0)
