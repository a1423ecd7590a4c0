"""A plan's phases as a Locust shape: how many users of which scenario, second by second."""

from typing import Any

from locust import LoadTestShape

from harness import clock
from harness.load.phase_clock import PhaseClock
from harness.plan.phases import Phase
from harness.plan.plan import Plan


class PlanShape(LoadTestShape):
    """Users of a closed-loop phase; one, who waits, in an open-loop phase. Set by the listeners."""

    abstract = True

    def __init__(self, plan: Plan, user_classes: list[type]) -> None:
        super().__init__()
        self._plan = plan
        self._classes = user_classes
        self.phases: PhaseClock | None = None  # set when the test starts

    def tick(self) -> Any:
        """(users, spawn rate, classes), or None when the last phase is over."""
        if self.phases is None:
            return self._users(self._plan.phases[0])
        phase = self.phases.at(max(clock.now(), self.phases.start_ns))  # workers start a little later
        return self._users(phase) if phase is not None else None

    def _users(self, phase: Phase) -> tuple[int, float, list[type]]:
        users = phase.load.users
        if users is None:
            users = 1  # who only waits: without any user a master has nothing to tell its workers
        # All at once: between batches Locust waits for the last phase's users to finish their streams.
        # The ramp is each user's own first wait.
        return users, float(users), classes_of(self._classes, phase.scenario_name)


def classes_of(user_classes: list[type], scenario: str) -> list[type]:
    """The user classes that stand in the Locust file called `scenario`."""
    return [cls for cls in user_classes if cls.__module__.rpartition(".")[2] == scenario]
