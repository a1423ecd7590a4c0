"""One stream of a user over all of its attempts: what is asked, what has come of it, and what comes next."""

from functools import cached_property

import msgspec

from harness import clock
from harness.answer import mark
from harness.dialects.dialect import Ask, HttpRequest
from harness.load.session import Session
from harness.plan.draws import Rng
from harness.plan.phases import Phase
from harness.plan.target import Limits
from harness.policies.continuing import Continuing, call_detail
from harness.policies.patience import Patience
from harness.policies.retrying import Again, next_attempt
from harness.record import StreamRecord
from harness.transports.leaving import draw_leaving
from harness.transports.reception import Reception


class Question:
    """Made when a stream is wanted. Each attempt is begun, has a record and a reception, and is settled; then
    `next_wait_s` says whether there is another one. What is drawn depends on the seed and the stream."""

    def __init__(
        self,
        session: Session,
        phase: Phase,
        user: int,
        *,
        name: str,
        model: str | None,
        prompt: str,
        max_tokens: int | None,
        intended_ns: int,
        dispatched_ns: int,
    ) -> None:
        self._session, self._phase, self._user, self._name = session, phase, user, name
        target = session.plan.target
        self._model = model or phase.model or target.model or ""
        self._prompt, self._max_tokens = prompt, max_tokens or target.max_tokens
        self._intended_ns = intended_ns
        self.stream = session.next_stream()
        self.cohort, self.address = session.route(phase, user)
        self.leaving = draw_leaving(phase.leave, lambda: session.rng("leave", self.stream))
        self.patience = self._draw_patience()
        run = f"{session.phases.start_ns:x}" if session.phases is not None else ""
        self._answer = Continuing(self.stream, run)
        self._check = session.answer_check(self.stream)
        self._resumes = False  # the attempt under way goes on with the answer of the one before
        self.record = self._new_record(1, dispatched_ns)
        self._reception: Reception | None = None
        self._begun = False
        session.budget(phase).stream_begun()

    @cached_property
    def _rng(self) -> Rng:
        return self._session.rng("behaviour", self.stream)

    def _draw_patience(self) -> Patience | None:
        plan = self._phase.behaviour.patience
        if plan is None:
            return None
        return Patience(plan, self._intended_ns, float(self._rng.exponential()))

    def begin(self, dispatched_ns: int) -> StreamRecord:
        """An attempt begins; `record` is now its record."""
        if self._begun:
            self.record = self._new_record(self.record.attempt + 1, dispatched_ns)
        self._begun, self._reception = True, None
        return self.record

    def _new_record(self, attempt: int, dispatched_ns: int) -> StreamRecord:
        return StreamRecord(
            stream=self.stream,
            attempt=attempt,
            resumed_from=self._answer.tokens if self._resumes else None,
            user=self._user,
            name=self._name,
            phase=self._phase.name,
            cohort=self.cohort,
            dialect=self._session.dialect.name,
            model=self._model,
            intended_ns=self._intended_ns,
            dispatched_ns=dispatched_ns,
        )

    def reception(self) -> Reception:
        """What takes in the answer to the attempt."""
        at_token = self.leaving.at_token if self.leaving else None
        self._reception = Reception(
            self.record, self._session.dialect, self._check, at_token, self._phase.streamed
        )
        return self._reception

    @property
    def streamed(self) -> bool:
        return self._phase.streamed

    @property
    def limits(self) -> Limits:
        """The user's time limits, as far as they can be asked of such an answer."""
        limits = self._session.plan.target.limits
        return limits if self.streamed else limits.of_whole_answers

    def request(self) -> HttpRequest:
        """The attempt's question, on its way to where such answers are given."""
        session, ask = self._session, self.ask()
        if ask.stream:
            return session.dialect.request(ask, session.path)
        made = session.dialect.request(ask, session.whole_path)
        return msgspec.structs.replace(made, headers={**made.headers, "accept": "application/json"})

    def ask(self) -> Ask:
        resumable = self._phase.behaviour.resume
        return Ask(
            prompt=f"{mark(self.stream)} {self._prompt}",
            model=self._model,
            max_tokens=self._max_tokens,
            stream=self.streamed,
            api_key=self._session.api_key,
            answer_id=self._answer.id if resumable else "",
            last_event_id=self._answer.last_event if self._resumes else "",
        )

    def settled(self) -> None:
        """The attempt is over: its record is as the transport left it, but for the name of its call's end."""
        self.record.detail = call_detail(self.record, self._resumes)
        if self._reception is not None:
            self._answer.heard(self.record.tokens, self._reception.last_event)

    def next_wait_s(self) -> float | None:
        """Seconds until the next attempt; None where the user has what there is, or gives up."""
        phase = self._phase
        decided = next_attempt(
            self.record, phase.behaviour, lambda: self._rng, self._session.budget(phase), self._resumes
        )
        if not isinstance(decided, Again):
            return None
        if not decided.resume:
            self._answer.anew()
            self._check = self._session.answer_check(self.stream)
        self._resumes = decided.resume
        return decided.after_s

    def patience_left_s(self, now_ns: int) -> float | None:
        """How long the user would wait for another attempt; None is for ever."""
        until_ns = self.patience.runs_out_ns(None) if self.patience is not None else None
        return None if until_ns is None else max(0.0, (until_ns - now_ns) / clock.SECOND)
