"""How often the regression gate cries wolf, and how often it finds what is there.

`python -m bench.gate --json`: comparisons in virtual time through the product's own estimator and verdict.
Streams are lognormal around 300 ms with a heavy tail; blocks drift (first-order autoregressive, 6 %) and one
in twenty is wild; both arms share their draws. `--run FOLDER` takes the streams of a recorded run instead.
`false_alarm_rate`: 300 A/A comparisons under that drift. `found_rate`: 20 with p95 raised by 10 %.
`extended_*`: the same where 20 pairs that are INCONCLUSIVE become 40, at alpha 0.005 a look. Then two
controls: a change of +2 %, and a sine of 6 % at many periods, which a coin withstands and a fixed order
does not. `--real N` adds N short A/A comparisons on real sockets.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.compare.blocks import Pair
from harness.compare.design import LOOK_ALPHA
from harness.compare.gates import Rule, judge_gates, latency
from harness.compare.order import Order, order_of
from harness.metrics import samples_of
from harness.metrics.join import join
from harness.run_folder import read_run

PERIODS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 30, 40, 60, 80)  # blocks
_JITTER = 0.05
Draw = Callable[[np.random.Generator, int], np.ndarray]
Drift = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Design:
    """One comparison: so many pairs of so many streams, in an order, under a drift of the blocks."""

    draw: Draw
    drift: Drift
    pairs: int = 20
    streams: int = 100
    order: Order = "coin"
    rule: Rule = field(default_factory=Rule)
    q: float = 0.95
    extend: bool = False  # once more as many pairs, where these leave it open


def lognormal(rng: np.random.Generator, n: int) -> np.ndarray:
    """TTFT in ms: median 300, sigma 0.35, three in a hundred take 2.5 times as long."""
    values = rng.lognormal(math.log(300), 0.35, n)
    values[rng.random(n) < 0.03] *= 2.5
    return values


def recorded(folder: Path) -> Draw:
    """TTFT drawn from those of a run."""
    values = samples_of(join(read_run(folder)), "ttft_user").values
    finite = values[np.isfinite(values) & (values > 0)]
    if len(finite) < 100:
        raise SystemExit(f"{folder}: {len(finite)} streams with a first token are too few to draw from")
    return lambda rng, n: rng.choice(finite, n)


def heavy(rng: np.random.Generator, blocks: int) -> np.ndarray:
    """exp(0.06 x + noise of 3 %), x a unit AR(1) with rho 0.95; one block in twenty times 1.2 to 2."""
    x = np.empty(blocks)
    x[0] = rng.normal()
    for place in range(1, blocks):
        x[place] = 0.95 * x[place - 1] + math.sqrt(1 - 0.95**2) * rng.normal()
    factors = np.exp(0.06 * x + rng.normal(0, 0.03, blocks))
    wild = rng.random(blocks) < 0.05
    return np.where(wild, factors * rng.uniform(1.2, 2.0, blocks), factors)


def sine(period: int) -> Drift:
    """6 % up and down in `period` blocks from a random phase, on blocks with noise of 1 %."""

    def drift(rng: np.random.Generator, blocks: int) -> np.ndarray:
        angle = 2 * np.pi * (np.arange(blocks) / period + rng.random())
        return (1 + 0.06 * np.sin(angle)) * np.exp(rng.normal(0, 0.01, blocks))

    return drift


def compare(design: Design, effect: float, seed: int) -> str:
    """The verdict of one comparison in which the candidate is slower by `effect`."""
    rng = np.random.default_rng([seed, round(effect * 1000)])
    looks = [design.pairs, 2 * design.pairs] if design.extend else [design.pairs]
    factors = design.drift(rng, 2 * looks[-1])
    pairs = []
    for number, arms in enumerate(order_of(looks[-1], seed, design.order)):
        base = design.draw(rng, design.streams)
        times = {}
        for place, arm in enumerate(arms):
            own = np.exp(rng.normal(0, _JITTER, design.streams))
            slower = 1 + effect if arm == "candidate" else 1.0
            times[arm] = base * own * factors[2 * number + place] * slower
        pairs.append(Pair(**times))
    for look in looks:
        gate = latency("ttft_user", "ms", pairs[:look], design.q, design.rule)
        state = judge_gates([gate], design.rule)[0].state
        if state != "INCONCLUSIVE":
            break
    return state


def fails(design: Design, effect: float, runs: int, first_seed: int = 0) -> int:
    return sum(compare(design, effect, first_seed + seed) == "FAIL" for seed in range(runs))


def measure(
    draw: Draw, runs: int = 300, changes: int = 20, periods: tuple[int, ...] = PERIODS
) -> dict[str, object]:
    """Every figure that the gate promises."""
    usual = Design(draw, heavy)
    margin = Design(draw, heavy, rule=Rule(null="margin"))
    extended = Design(draw, heavy, rule=Rule(alpha=LOOK_ALPHA), extend=True)
    extended_alarms, extended_found = fails(extended, 0.0, runs), fails(extended, 0.10, changes)
    false_alarms = fails(usual, 0.0, runs)
    found = fails(usual, 0.10, changes)
    drifting = {period: fails(Design(draw, sine(period)), 0.0, runs) for period in periods}
    fixed = fails(Design(draw, sine(4), order="abba"), 0.0, runs)
    figures: dict[str, object] = {
        "false_alarm_rate": false_alarms / runs,
        "found_rate": found / changes,
        "a_a_comparisons": runs,
        "false_alarms": false_alarms,
        "found_of_changes": [found, changes],
        "extended_false_alarms": extended_alarms,
        "extended_found": extended_found,
        "two_per_cent_failed": fails(usual, 0.02, changes),
        "margin_found": fails(margin, 0.10, changes),
        "margin_two_per_cent_failed": fails(margin, 0.02, changes),
        "false_alarms_under_sine_by_period": drifting,
        "false_alarms_of_fixed_order_at_period_4": fixed,
    }
    figures["passed"] = (
        false_alarms <= 0.02 * runs
        and found >= 0.95 * changes
        and extended_alarms <= 0.02 * runs
        and extended_found >= 0.95 * changes
        and max(drifting.values()) <= 0.04 * runs
        and fixed > 0.2 * runs
    )
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", type=Path, help="draw streams from this run instead of a lognormal")
    parser.add_argument("--runs", type=int, default=300, help="A/A comparisons of each kind")
    parser.add_argument("--real", type=int, default=0, help="short A/A comparisons on real sockets")
    arguments = parser.parse_args()
    figures = measure(recorded(arguments.run) if arguments.run else lognormal, arguments.runs)
    if arguments.real:
        from bench.gate_real import real_comparisons

        figures |= real_comparisons(arguments.real)
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<42} {value}")
    return 0 if figures["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
