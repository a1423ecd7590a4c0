"""A server that generates for many streams at once: what load does to time to first token.

Everything happens in steps. Waiting requests are admitted in order of arrival while the batch and its
key-value memory have room; each step reads a bounded number of input tokens and then advances every stream
that has been read by one token. Deterministic: the same arrivals between the same steps, the same answer.
"""

from collections import deque
from dataclasses import dataclass, field

from harness.plan.provider import Batch


@dataclass(slots=True)
class _Job:
    id: int
    unread: int  # input tokens still to be read
    left: int  # tokens still to be generated
    kv: int  # tokens it holds in memory, all of them reserved on admission


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: who left the queue, and who got a token, in that order."""

    admitted: list[int] = field(default_factory=list)
    granted: list[int] = field(default_factory=list)


class BatchEngine:
    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self.step_ms = batch.step_ms
        self._queue: deque[_Job] = deque()
        self._running: list[_Job] = []
        self._kv = 0
        self._turn = 0  # whose turn it is once goodput has collapsed

    @property
    def idle(self) -> bool:
        return not self._queue and not self._running

    @property
    def queued(self) -> int:
        return len(self._queue)

    @property
    def running(self) -> int:
        return len(self._running)

    def submit(self, id: int, input_tokens: int, output_tokens: int) -> bool:
        """Queue a request; False when the queue is full, or it could never fit into memory."""
        job = _Job(id, input_tokens, output_tokens, input_tokens + output_tokens)
        room = len(self._queue) < self._batch.queue_max or self._can_run(job)
        if not room or job.kv > self._batch.kv_tokens:
            return False
        self._queue.append(job)
        return True

    def leave(self, id: int) -> None:
        """The request is over, wherever it stood; an id that is not here is ignored."""
        self._queue = deque(job for job in self._queue if job.id != id)
        for job in [job for job in self._running if job.id == id]:
            self._retire(job)

    def step(self) -> Step:
        """Advance by one step of `step_ms`."""
        done = Step()
        while self._queue and self._has_room(self._queue[0]):
            job = self._queue.popleft()
            self._running.append(job)
            self._kv += job.kv
            done.admitted.append(job.id)
        budget = self._batch.prefill_chunk_tokens
        for job in self._running:
            read = min(budget, job.unread)
            job.unread -= read
            budget -= read
        for job in self._served([job for job in self._running if not job.unread]):
            job.left -= 1
            done.granted.append(job.id)
            if not job.left:
                self._retire(job)
        return done

    def _served(self, ready: list[_Job]) -> list[_Job]:
        """All of them; after a collapse as many as the budget allows, in turn."""
        budget = self._decode_budget()
        if len(ready) <= budget:
            return ready
        first = self._turn % len(ready)
        self._turn = first + budget
        return (ready + ready)[first : first + budget]

    def _decode_budget(self) -> int:
        size, collapse = self._batch.max_batch, self._batch.collapse
        if collapse is None:
            return size
        beyond = (len(self._running) / size - collapse.threshold) / (1 - collapse.threshold)
        share = collapse.threshold - max(0.0, beyond) * (collapse.threshold - collapse.floor)
        return size if beyond <= 0 else max(1, int(share * size))

    def _can_run(self, job: _Job) -> bool:
        return not self._queue and self._has_room(job)

    def _has_room(self, job: _Job) -> bool:
        return len(self._running) < self._batch.max_batch and self._kv + job.kv <= self._batch.kv_tokens

    def _retire(self, job: _Job) -> None:
        self._running.remove(job)
        self._kv -= job.kv
