"""Runs the batches of a house in real time: a step each `step_ms` for as long as there is work."""

from collections.abc import Callable

from harness import clock
from mock_provider.batch import Step
from mock_provider.house import House
from mock_provider.pacer import Pacer

Deliver = Callable[[Step, int], None]
"""(what a step did, the instant it stands for)"""


class Ticking:
    def __init__(self, house: House, pacer: Pacer, deliver: Deliver) -> None:
        self._house, self._pacer, self._deliver = house, pacer, deliver
        self._step_ns = {name: round(engine.step_ms * clock.MS) for name, engine in house.engines.items()}
        self._due_ns: dict[str, int] = {}

    def wake(self, model: str) -> None:
        """There is work for `model`'s batch, if it has one."""
        if model in self._step_ns and model not in self._due_ns:
            self._next(model, clock.now() + self._step_ns[model])

    def _next(self, model: str, due_ns: int) -> None:
        self._due_ns[model] = due_ns
        self._pacer.at(due_ns, lambda: self._tick(model))

    def _tick(self, model: str) -> None:
        due_ns = self._due_ns.pop(model)
        self._deliver(self._house.step(model), due_ns)
        if not self._house.engines[model].idle:
            self._next(model, due_ns + self._step_ns[model])
