"""One load process's share of a run: plan, phases, numbering, and where records go."""

from collections import Counter
from pathlib import Path

import msgspec

from harness import clock
from harness.answer import AnswerCheck
from harness.dialects import load as load_dialect
from harness.load.health import Health
from harness.load.outbox import Outbox
from harness.load.phase_clock import PhaseClock
from harness.load.wiring import Wiring
from harness.plan.draws import Rng, generator
from harness.plan.phases import Phase
from harness.plan.plan import Plan
from harness.plan.target import Target
from harness.policies.retrying import Budget
from harness.record import Outcome, StreamRecord
from harness.transports.connection import Address
from harness.transports.kernel_stamps import KernelClock
from harness.transports.sweep import Sweep

_STREAMS_A_WORKER = 1_000_000


class Session:
    """Lives from the process's start to its end; `begin` opens each test in it.

    `planned` is False where Locust's own options say how many users there are and for how long.
    """

    def __init__(
        self, plan: Plan, wiring: Wiring, api_key: str, worker_index: int, ships: bool, planned: bool = True
    ) -> None:
        self.plan, self.wiring, self.planned = plan, wiring, planned
        self.worker_index = worker_index
        self.process = f"load-{worker_index}"
        self.aim(plan.target, api_key)
        self.url = wiring.url
        self.sweep, self.kernel = Sweep(), KernelClock()
        folder = Path(wiring.folder) / "parts" if wiring.folder else None
        self.outbox = Outbox(folder, self.process, ships)
        self.health = Health(self.process, self.outbox, self.kernel)
        self.phases: PhaseClock | None = None
        self.accepting = False  # whether streams may still begin
        self.in_flight = 0
        self.outcomes: Counter[str] = Counter()
        self.ttft_ms: list[float] = []  # since the live view last took them
        self.tokens = 0  # of the attempts that have ended
        self.harness_errors: list[str] = []  # each text once, in order
        self._budgets: dict[str, Budget] = {}  # of retries, by phase
        self._addresses: dict[str, Address] = {}
        self._streams = 0
        self._users = 0

    def aim(self, target: Target, api_key: str) -> None:
        """What the streams from now on are asked of."""
        self.plan = msgspec.structs.replace(self.plan, target=target)
        self.api_key = api_key
        self.dialect = load_dialect(target.dialect)
        self.path = target.path or self.dialect.path
        self.whole_path = target.whole_path or self.path

    def begin(self, start_ns: int) -> None:
        """A test starts: phases are counted from `start_ns`."""
        self.phases = PhaseClock(self.plan.phases, start_ns)
        self.outcomes.clear()
        self.tokens = 0
        self._budgets.clear()
        self.accepting = True
        self.sweep.start()
        self.health.start()

    def end(self) -> None:
        self.accepting = False
        self.health.stop()
        self.sweep.stop()
        self.outbox.flush()

    def next_user(self) -> int:
        self._users += 1
        return self._users

    def next_stream(self) -> int:
        """An id no other stream of the run has."""
        self._streams += 1
        return self.worker_index * _STREAMS_A_WORKER + self._streams

    def rng(self, *words: int | str) -> Rng:
        return generator(self.plan.seed, self.worker_index, *words)

    def budget(self, phase: Phase) -> Budget:
        """The retries that this process has left in `phase`."""
        if phase.name not in self._budgets:
            retry = phase.behaviour.retry
            self._budgets[phase.name] = Budget(retry.budget if retry is not None else None)
        return self._budgets[phase.name]

    def answer_check(self, stream: int) -> AnswerCheck | None:
        """The verifier of a stream's text; none where the provider is not ours."""
        return AnswerCheck(self.plan.seed, stream) if self.plan.provider is not None else None

    def route(self, phase: Phase, user: int) -> tuple[str, Address]:
        """(cohort, address) of a user: the same cohort throughout a phase, spread by the cohorts' shares."""
        if not phase.network:
            return "", self._address(self.wiring.cohorts.get(f"{phase.name}/") or self.url)
        total = sum(cohort.share for cohort in phase.network)
        # A low-discrepancy walk through the shares: any run of users is spread as evenly as it can be.
        point = (user * 0.6180339887498949) % 1.0 * total
        for cohort in phase.network:
            point -= cohort.share
            if point < 0:
                break
        return cohort.name, self._address(self.wiring.route(phase.name, cohort.name) or self.url)

    def _address(self, url: str) -> Address:
        if url not in self._addresses:
            self._addresses[url] = Address.of(url)
        return self._addresses[url]

    def finish(self, record: StreamRecord) -> None:
        """Keep a record that has its outcome."""
        record.worker = self.process
        self.outcomes[record.outcome] += 1
        self.tokens += record.tokens
        if record.first_content_ns is not None:
            self.ttft_ms.append((record.first_content_ns - record.intended_ns) / clock.MS)
        self.outbox.put("streams", record)

    def not_started(self, phase: Phase, due_ns: int, why: str) -> None:
        """Keep a stream that was due and could not be started."""
        user = self.next_user()
        record = StreamRecord(
            stream=self.next_stream(),
            user=user,
            phase=phase.name,
            cohort=self.route(phase, user)[0],
            dialect=self.dialect.name,
            model=phase.model or self.plan.target.model or "",
            intended_ns=due_ns,
            outcome=Outcome.NOT_STARTED,
            detail="dropped",
            error=why,
        )
        self.finish(record)

    def harness_error(self, error: Exception) -> None:
        """Keep a failure of our own or of a scenario; it makes the run invalid, whoever catches it."""
        text = f"{type(error).__name__}: {error}"
        if text not in self.harness_errors:
            self.harness_errors.append(text)
