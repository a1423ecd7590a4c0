"""After an attempt: ask again, go on, or give up; and when."""

from collections.abc import Callable
from typing import Literal

import msgspec

from harness.plan.behaviour import Behaviour, Retry
from harness.plan.draws import Rng
from harness.record import Outcome, StreamRecord

# Statuses that say "not now" rather than "not so"; 429 is an outcome of its own.
_LATER = (408, 425)
# Statuses with which a system says that it cannot go on with an answer. Asking from the start still may do.
_NOT_RESUMABLE = (204, 400, 404, 405, 409, 410, 501)

GivesUp = Literal["over", "not retried", "attempts", "budget"]


class Again(msgspec.Struct, frozen=True):
    """Another attempt, `after_s` from now; `resume` goes on with the same answer."""

    after_s: float
    resume: bool


class Budget:
    """Retries that one load process may make: so many a stream that it begins, a handful saved up at most."""

    _SAVED = 10.0

    def __init__(self, share: float | None) -> None:
        self._share = share
        self._left = self._SAVED

    def stream_begun(self) -> None:
        if self._share is not None:
            self._left = min(self._left + self._share, self._SAVED)

    def take(self) -> bool:
        """One retry; False where there is none left."""
        if self._share is None:
            return True
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def next_attempt(
    record: StreamRecord, behaviour: Behaviour, rng: Callable[[], Rng], budget: Budget, resumed: bool
) -> Again | GivesUp:
    """What follows the attempt of `record`, which was itself a resumption or was not.

    `rng` is made where something is drawn: making one takes longer than most streams' whole ending.
    """
    retry = behaviour.retry
    if record.outcome in (
        Outcome.COMPLETED, Outcome.CANCELLED, Outcome.ABANDONED, Outcome.INTERRUPTED, Outcome.NOT_STARTED,
    ):  # fmt: skip
        return "over"
    anew = resumed and record.status in _NOT_RESUMABLE
    if retry is None or not (anew or _retried(record, retry)):
        return "not retried"
    if record.attempt >= retry.attempts:
        return "attempts"
    if not budget.take():
        return "budget"
    return Again(wait_s(record, retry, rng()), behaviour.resume and not anew and _goes_on(record.outcome))


def _retried(record: StreamRecord, retry: Retry) -> bool:
    if record.outcome not in retry.on:
        return False
    if record.outcome is Outcome.REFUSED and record.status is not None:
        return record.status >= 500 or record.status in _LATER
    return True


def _goes_on(outcome: Outcome) -> bool:
    """An error that the system itself reported is the end of that answer; a lost connection is not."""
    return outcome is not Outcome.ERROR_EVENT


def wait_s(record: StreamRecord, retry: Retry, rng: Rng) -> float:
    """How long to wait after the attempt of `record`. Retry-After comes first and the jitter on top of it:
    whoever was refused together must not come back together."""
    jittered = jitter(step_s(retry, record.attempt), retry, rng)
    if retry.obey_retry_after and record.retry_after_s is not None:
        return max(record.retry_after_s, 0.0) + jittered
    return jittered


def step_s(retry: Retry, attempt: int) -> float:
    """The backoff after attempt number `attempt`, before jitter."""
    return min(retry.first_s * retry.factor ** (attempt - 1), retry.max_s)


def jitter(step: float, retry: Retry, rng: Rng) -> float:
    match retry.jitter:
        case "full":
            return float(rng.uniform(0.0, step))
        case "equal":
            return float(rng.uniform(step / 2, step))
        case "none":
            return step
