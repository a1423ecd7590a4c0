"""One search on real sockets for each kind of provider whose theory is known.

The mock generates for eight streams at once, 20 ms a token. Answers of 25 tokens each make a knee at
8 / 0.5 s, and its scheduler alone, in virtual time, says at which rate the objective is met last. Lengths
drawn from an exponential distribution make it Erlang's queue with eight servers.
"""

import tempfile
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from bench.capacity import batch_waits
from harness.capacity.hunt import Hunt, line
from harness.capacity.probe import Settings
from harness.capacity.queueing import most_rate
from harness.capacity.search import Search
from harness.plan.draws import Draw, Exponential
from harness.plan.plan import Plan
from harness.plan.provider import Batch
from harness.plan.reader import load_plan
from harness.preflight import SCENARIOS

_SLOTS, _SERVICE_S, _LIMIT_S = 8, 0.5, 0.5
_SETTINGS = Settings(unit="streams/s", step_s=15.0, ratio=1.1)


def real_searches() -> dict[str, object]:
    """Answer and theory of both searches, and their steps as lines."""
    knee = _crossing()
    erlang = most_rate(_SLOTS, _SERVICE_S, _LIMIT_S, 0.05)
    figures: dict[str, object] = {}
    for name, tokens, theory in (("batch", 25.0, knee), ("erlang", Exponential(mean=25), erlang)):
        answer, steps = _search(tokens)
        off = None if answer is None else round(answer / theory - 1, 3)
        figures |= {
            f"real_{name}_theory_per_s": round(theory, 3),
            f"real_{name}_found_per_s": answer,
            f"real_{name}_off": off,
            f"real_{name}_steps": steps,
        }
    return figures


def _search(tokens: Draw) -> tuple[float | None, list[str]]:
    path = SCENARIOS / "capacity.yaml"
    with tempfile.TemporaryDirectory() as folder:
        hunt = Hunt(
            _with_lengths(load_plan(path), tokens), path, Path(folder), _SETTINGS, ["bench.capacity"],
            lambda _: None, lambda _: None,
        )  # fmt: skip
        found = hunt.search(Search(6.0, ratio=_SETTINGS.ratio), sweep=False)
    if found.ended == "interrupted":
        raise KeyboardInterrupt  # else the other search would begin
    return found.answer, [line(step, found.unit) for step in found.steps]


def _crossing() -> float:
    """The rate at which one stream in twenty waits longer than the objective, to 1 %."""
    batch = Batch(step_ms=20, max_batch=_SLOTS, queue_max=100_000)
    low, high = 0.5 * _SLOTS / _SERVICE_S, _SLOTS / _SERVICE_S
    while high / low > 1.01:
        rate = (low * high) ** 0.5
        waits = islice(batch_waits(rate, np.random.default_rng(1), batch, round(_SERVICE_S * 50)), 40_000)
        late = float(np.mean(np.array(list(waits)) > _LIMIT_S))
        low, high = (rate, high) if late < 0.05 else (low, rate)
    return low


def _with_lengths(plan: Plan, tokens: Draw) -> Plan:
    assert plan.provider is not None
    [(name, profile)] = plan.provider.models.items()
    models = {name: msgspec.structs.replace(profile, output_tokens=tokens)}
    return msgspec.structs.replace(plan, provider=msgspec.structs.replace(plan.provider, models=models))
