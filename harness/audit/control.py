"""What the two ends add without any system between them: a few answers straight from the mock."""

from collections.abc import Iterator, Sequence

import gevent
import numpy as np

from harness import clock
from harness.audit.asking import Asker
from harness.audit.mock import Mock
from harness.audit.system import System
from harness.checks.audit.check import Heard, Question
from harness.plan.audited import Audited
from harness.plan.target import Limits, Target
from harness.stack.errors import StackError

_STREAMS = 8
_LEAST_MS = 0.1
_LIMITS = Limits(headers_s=10, first_content_s=10, idle_s=10, total_s=15)


def direct_hold_ms(mock: Mock, ids: Iterator[int]) -> float:
    """How long after its emission a token was read, at the 99th percentile, in a crowd as the audit's.

    Raises StackError where the mock itself cannot be asked.
    """
    target = Target(url=mock.url, dialect="openai", model=mock.models[0])
    questions = {next(ids): Question(name="direct", limits=_LIMITS) for _ in range(_STREAMS)}
    mock.order(questions)
    try:
        with Asker(System(Audited(target=target)), mock.seed) as asker:
            began_ns = clock.now()
            asked = [gevent.spawn(asker.ask, question, id, began_ns) for id, question in questions.items()]
            gevent.joinall(asked, raise_error=True)
        mock.settled(questions, 5)
    finally:
        mock.forget(questions)
    heard = [greenlet.value for greenlet in asked]
    for one in heard:
        one.ledger = mock.rows(one.record.stream)
    return _hold_ms(heard, mock.url)


def _hold_ms(heard: Sequence[Heard], url: str) -> float:
    held = [_holds(one) for one in heard if one.ledger and one.record.tokens == one.ledger[-1].emitted_tokens]
    if not held:
        endings = sorted({f"{one.record.outcome} {one.record.error}" for one in heard})
        raise StackError(f"the mock provider at {url} does not stream to us directly: {'; '.join(endings)}")
    return max(_LEAST_MS, float(np.percentile(np.concatenate(held), 99)))


def _holds(heard: Heard) -> np.ndarray:
    """Milliseconds from the emission of each token to its arrival."""
    record, row = heard.record, heard.ledger[-1]
    arrived_us = np.repeat(_int32(record.read_us), _int32(record.read_tokens)).astype(float)
    emitted_us = np.repeat(_int32(row.emit_us), _int32(row.emit_tokens)).astype(float)
    between_us = ((record.sent_ns or record.intended_ns) - row.received_ns) / 1000
    held: np.ndarray = (arrived_us + between_us - emitted_us) / 1000
    return held


def _int32(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<i4")
