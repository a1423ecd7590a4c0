"""Short A/A comparisons on real sockets: two of our gateways and one mock, as `streamproof calibrate` has."""

import tempfile
from collections import Counter
from pathlib import Path

import msgspec

from harness.compare.ab import Arms, Environment, compare_live
from harness.compare.design import Design
from harness.plan.reader import load_plan
from harness.preflight import SCENARIOS

_SHORT = Design(pairs=8, streams=30, rate=40.0, rest_s=0.8)
_TOKENS = 10


def real_comparisons(runs: int) -> dict[str, object]:
    """Verdicts of `runs` comparisons of equal systems, each with draws of its own.

    INVALID says that this machine was too busy to measure; it is counted, and counts for neither side.
    """
    path = SCENARIOS / "steady.yaml"
    plan = load_plan(path)
    plan = msgspec.structs.replace(plan, target=msgspec.structs.replace(plan.target, max_tokens=_TOKENS))
    states: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        where = Environment(
            out=Path(folder), source=path, argv=["bench.gate"], tell=lambda _: None, show=lambda _: None
        )
        for number in range(runs):
            design = msgspec.structs.replace(_SHORT, seed=100 + number)
            summary, _ = compare_live(plan, design, Arms(), where)
            states[summary.verdict.state] += 1
    return {"real_a_a_comparisons": runs, "real_states": dict(states)}
