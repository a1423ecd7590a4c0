"""One check, from its questions to its finding: both ends are asked what happened, and then it is judged."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count

import gevent
from gevent.event import Event

from harness import clock
from harness.audit.asking import Asker
from harness.audit.lag import OwnLag, vouch
from harness.audit.mock import Mock
from harness.audit.pace import lasts_s
from harness.audit.scorecard import Found
from harness.audit.system import CannotStop, System
from harness.audit.terms import missing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.stack.errors import StackError

_WAIT_S = 5.0  # for the ledger, beyond the end of the answers by plan
_AFTERWARDS_S = 2.0  # a system writes its log and keeps its answers when all is over
_POLL_S = 0.05
_IDS_A_MS = 10_000
_MOST_MS = 100_000_000


def stream_ids(wall_ns: int) -> Iterator[int]:
    """Numbers that no other audit of the same mock uses within a day; they have the 12 digits of a mark."""
    return count(max(wall_ns // clock.MS % _MOST_MS, 1_000) * _IDS_A_MS + 1)


class Examiner:
    """Examines checks, several at once if called from several greenlets."""

    def __init__(
        self, system: System, mock: Mock | None, asker: Asker, lag: OwnLag, terms: Terms, ids: Iterator[int]
    ) -> None:
        self.terms = terms
        self._system, self._mock, self._asker, self._lag, self._ids = system, mock, asker, lag, ids
        self.doubted: list[Check] = []  # whose finding our own lateness spoiled

    def examine(self, check: Check) -> Found:
        """A check that raises is INVALID, and the others go on. Raises StackError where the mock has gone."""
        began_ns = clock.now()
        finding = self._finding(check, began_ns)
        return Found(check, finding, (clock.now() - began_ns) / clock.SECOND)

    def _finding(self, check: Check, began_ns: int) -> Finding:
        if why := missing(check, self.terms):
            return Finding(state="NOT MEASURED", evidence=why)
        try:
            heard = self._hear(check)
            finding = check.judge(heard, self.terms)
        except StackError:
            raise
        except CannotStop as error:
            fix = "Mend drain in the target file."
            return Finding(state="INCONCLUSIVE", evidence=f"The system was not stopped: {error}.", fix=fix)
        except Exception as error:  # noqa: BLE001  one check's bug must not cost the others
            return Finding(
                state="INVALID",
                evidence=f"The check itself failed: {type(error).__name__}: {error}.",
                fix="This is a bug of streamproof; please report it with the target file.",
            )
        vouched = vouch(finding, heard, self._lag.worst_ms(began_ns))
        if vouched is not finding:
            self.doubted.append(check)
        return vouched

    def _hear(self, check: Check) -> list[Heard]:
        questions = list(check.ask(self.terms))
        streams = [next(self._ids) for _ in questions]
        counts = "metrics" in check.needs
        before = self._system.metrics() if counts else None
        if self._mock is not None and questions:
            self._mock.order(dict(zip(streams, questions, strict=True)))
        try:
            begun_ns = clock.now()
            heard = self._ask(questions, streams, begun_ns)
            self._complete(heard, streams, begun_ns)
            if "log" in check.needs:
                self._read_log(heard)
            if "kept" in check.needs and not self._system.down:
                self._look_up(heard)
        finally:
            if self._mock is not None:
                self._mock.forget(streams)
        after = self._system.metrics() if counts else None
        for one in heard:
            one.metrics_before, one.metrics_after = before, after
        return heard

    def _ask(self, questions: Sequence[Question], streams: Sequence[int], begun_ns: int) -> list[Heard]:
        """Every question in its time. Raises what the first of them raised."""
        over = {question.name: Event() for question in questions}
        came: dict[int, Heard | Exception] = {}

        def one(question: Question, stream: int) -> None:
            try:
                came[stream] = self._ask_one(question, stream, begun_ns, over)
            except Exception as error:  # noqa: BLE001  raised again below, where the check can be blamed
                came[stream] = error
            finally:
                over[question.name].set()

        asked = [gevent.spawn(one, *each) for each in zip(questions, streams, strict=True)]
        try:
            gevent.joinall(asked)
        finally:
            gevent.killall(asked)
        found = [came[stream] for stream in streams]
        for each in found:
            if isinstance(each, Exception):
                raise each
        return [each for each in found if isinstance(each, Heard)]

    def _ask_one(self, question: Question, stream: int, begun_ns: int, over: dict[str, Event]) -> Heard:
        if question.after:
            over[question.after].wait()
        due_ns = begun_ns + int(question.start_s * clock.SECOND)
        gevent.sleep(max(0.0, (due_ns - clock.now()) / clock.SECOND))
        stopped_ns = None
        if question.system_stops:
            self._system.tell_to_stop()
            stopped_ns = clock.now()
        heard = self._asker.ask(question, stream, max(due_ns, clock.now() if question.after else 0))
        heard.stopped_ns = stopped_ns
        return heard

    def _complete(self, heard: Sequence[Heard], streams: Sequence[int], begun_ns: int) -> None:
        """What the provider and the system say of the same streams."""
        if self._mock is not None and heard:
            self._mock.settled(streams, self._left_s(heard, begun_ns) + _WAIT_S)
            for one in heard:
                one.ledger = self._mock.rows(one.record.stream)

    def _read_log(self, heard: Sequence[Heard]) -> None:
        """What the system's log says. Only where a check asks: a line that never comes is waited for."""
        log = self._system.log
        if log is None:
            return
        asked = [one for one in heard if one.record.status is not None or one.ledger]
        _until(lambda: all(log.line(one.record.stream) for one in asked))
        for one in heard:
            one.log = log.line(one.record.stream)

    def _look_up(self, heard: Sequence[Heard]) -> None:
        """What the system has kept of the answers that their users left. Only where a check asks: one that
        keeps nothing is waited for each time."""
        for one in heard:
            if one.question.leave is not None:
                _until(partial(self._has_kept, one))

    def _has_kept(self, heard: Heard) -> bool:
        heard.kept = self._system.kept(heard.record.stream)
        return heard.kept is not None

    def _left_s(self, heard: Sequence[Heard], begun_ns: int) -> float:
        """Until the provider would have said everything, had nobody left."""
        now_ns = clock.now()
        ends = (one.record.intended_ns + lasts_s(one.question) * clock.SECOND for one in heard)
        return max(0.0, max(ends, default=begun_ns) - now_ns) / clock.SECOND


def _until(there: Callable[[], object]) -> None:
    """Wait for what usually is there at once; not for ever."""
    began = clock.now()
    while not there() and clock.now() - began < _AFTERWARDS_S * clock.SECOND:
        gevent.sleep(_POLL_S)
