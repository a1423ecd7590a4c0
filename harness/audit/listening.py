"""One answer, taken in with everything that a check may want to see of it."""

from collections.abc import Callable, Sequence

from harness.answer import AnswerCheck
from harness.audit.whole import events_of
from harness.checks.audit.check import Arrived
from harness.dialects.dialect import Dialect
from harness.dialects.events import Kind, TokenEvent
from harness.record import Outcome, StreamRecord
from harness.transports.ending import Cause
from harness.transports.reception import Reception

_MOST = 64 << 20  # bytes of a body that are kept

NewCheck = Callable[[], AnswerCheck | None]


class Listening:
    """A `Reception` that keeps headers, body and each event with its instant.

    A JSON body is taken for an answer in one piece, wherever it comes from: some systems answer so where
    others stream.
    """

    def __init__(
        self, record: StreamRecord, dialect: Dialect, new_check: NewCheck, leave_at_token: int | None = None
    ) -> None:
        self.record = record
        self.hear: Callable[[TokenEvent], None] | None = None
        self.events: list[Arrived] = []
        self.body = bytearray()
        self._new_check, self._stamp_ns = new_check, 0
        self._reception = Reception(record, dialect, new_check(), leave_at_token)
        self._reception.keep, self._reception.hear = self._keep, self._heard

    @property
    def headers(self) -> dict[str, str]:
        return self._reception.headers

    @property
    def keep_alive(self) -> bool:
        return self._reception.keep_alive

    @property
    def position(self) -> int:
        """How many tokens of a streamed answer are there."""
        return self._reception.position

    def feed(self, data: bytes, stamp_ns: int, lag_ns: int) -> Cause | None:
        return self._reception.feed(data, stamp_ns, lag_ns)

    def _keep(self, bodies: Sequence[bytes], stamp_ns: int) -> None:
        self._stamp_ns = stamp_ns
        for body in bodies:
            if len(self.body) < _MOST:
                self.body += body

    def _heard(self, event: TokenEvent) -> None:
        self.events.append(Arrived(t_ns=self._stamp_ns, event=event))

    def settle(self, cause: Cause, closed_ns: int, dialect: Dialect) -> None:
        self._reception.settle(cause, closed_ns, dialect)
        kind = self.headers.get("content-type", "")
        status = self.record.status or 0
        if cause is Cause.HTTP_END and 200 <= status < 300 and kind.startswith("application/json"):
            self._settle_whole()

    def _settle_whole(self) -> None:
        """The body is the answer; it arrived with its last byte."""
        record, check = self.record, self._new_check()
        self.events = [Arrived(t_ns=self._stamp_ns, event=event) for event in events_of(bytes(self.body))]
        record.error = ""
        for event in (arrived.event for arrived in self.events):
            match event.kind:
                case Kind.TEXT:
                    record.first_content_ns = record.first_output_ns = record.last_content_ns = self._stamp_ns
                    record.content_events = 1
                    record.tokens = check.feed(event.text) if check is not None else 0
                case Kind.USAGE if event.usage is not None:
                    record.input_tokens = event.usage.input_tokens
                    record.output_tokens = event.usage.output_tokens
                case Kind.FINISH:
                    record.finish_reason, record.terminal_ns = event.code, self._stamp_ns
                case Kind.ERROR | Kind.CORRUPT:
                    record.error_code, record.error = event.code, event.text[:300]
        record.outcome, record.detail = _outcome([arrived.event.kind for arrived in self.events])
        if check is None:
            return
        found = check.result()
        record.verified, record.tokens, record.lost = True, found.tokens, found.lost
        record.duplicated, record.reordered = found.duplicated, found.reordered
        record.crosstalk, record.altered = found.crosstalk, found.altered
        if record.outcome is Outcome.COMPLETED and not found.intact:
            record.outcome, record.detail = Outcome.CORRUPT, "corrupt"


def _outcome(kinds: Sequence[Kind]) -> tuple[Outcome, str]:
    if Kind.ERROR in kinds:
        return Outcome.ERROR_EVENT, "error_in_body"
    if Kind.CORRUPT in kinds:
        return Outcome.CORRUPT, "malformed"
    if Kind.TEXT not in kinds:
        return Outcome.TRUNCATED, "empty"
    return Outcome.COMPLETED, "complete"
