"""Does the capacity search find what theory says?

`python -m bench.capacity --json`: searches in virtual time with the product's own looks and bisection,
against a queue of eight exponential servers (theory: Erlang C), against the mock's batch scheduler, whose
knee is its batch size over the length of an answer, and, by a share instead of a percentile, against eight
servers without a queue (theory: Erlang B). Looks and thresholds are taken ten times as large,
because neighbours wait together. `within_10_percent` counts searches; at least 18 of 20 must be.
`--real` adds one search of either of the first two on real sockets (some minutes), with every step.
"""

import argparse
import heapq
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from harness.capacity.counting import counted_share
from harness.capacity.looks import Decision, decide, looks
from harness.capacity.queueing import erlang_b, most_rate
from harness.capacity.search import Search
from harness.plan.provider import Batch
from harness.plan.slo import parse_slo
from mock_provider.batch import BatchEngine

INFLATION = 10.0
P = 0.95
SLOTS, SERVICE_S, WAIT_S = 8, 2.0, 1.0
BATCH, TOKENS = Batch(step_ms=20, max_batch=16, queue_max=100_000), 50
REFUSED = parse_slo("rate_limited_share <= 0.05")
_SETTLE = 3.0  # mean stream times that do not count
Waits = Callable[[float, np.random.Generator], Iterator[float]]


def erlang_waits(rate: float, rng: np.random.Generator) -> Iterator[float]:
    """Seconds that each stream waits in M/M/c, first come first served, from an empty system on."""
    free = [0.0] * SLOTS
    now = 0.0
    while True:
        gaps, services = rng.exponential(1 / rate, 1000), rng.exponential(SERVICE_S, 1000)
        for gap, service in zip(gaps.tolist(), services.tolist(), strict=True):
            now += gap
            start = max(now, free[0])
            heapq.heapreplace(free, start + service)
            if now > _SETTLE * SERVICE_S:
                yield start - now


def refusals(rate: float, rng: np.random.Generator) -> Iterator[float]:
    """1 for each stream that finds all servers taken and is turned away, else 0: M/M/c without a queue."""
    busy: list[float] = []
    now = 0.0
    while True:
        now += rng.exponential(1 / rate)
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        full = len(busy) >= SLOTS
        if not full:
            heapq.heappush(busy, now + rng.exponential(SERVICE_S))
        if now > _SETTLE * SERVICE_S:
            yield float(full)


def most_rate_without_queue() -> float:
    """The rate at which the objective on refusals is met exactly."""
    return float(brentq(lambda rate: erlang_b(rate * SERVICE_S, SLOTS) - REFUSED.limit, 0.01, 100.0))


def batch_waits(
    rate: float, rng: np.random.Generator, batch: Batch = BATCH, tokens: int = TOKENS
) -> Iterator[float]:
    """Seconds to the first token of each stream in the mock's batch scheduler, by its own steps."""
    engine, step_s = BatchEngine(batch), batch.step_ms / 1000
    asked: dict[int, float] = {}
    due, number, tick = rng.exponential(1 / rate), 0, 0
    while True:
        tick += 1
        while due < tick * step_s:
            number += 1
            asked[number] = due
            engine.submit(number, 1, tokens)
            due += rng.exponential(1 / rate)
        for stream in engine.step().granted:
            wait = tick * step_s - asked.pop(stream, np.nan)
            if wait == wait and tick * step_s > _SETTLE * tokens * step_s:
                yield wait


def probe(waits: Iterator[float], limit_s: float, p: float = P) -> tuple[Decision, int]:
    """What the looks decide of a system's waits, and after how many streams."""
    over = seen = 0
    for look in looks(p):
        while seen < look.n * INFLATION:
            over += next(waits) > limit_s
            seen += 1
        decision = decide(seen - over, over, p, inflation=INFLATION)
        if decision != "UNDECIDED":
            return decision, seen
    return "UNDECIDED", seen


@dataclass(frozen=True)
class Found:
    answer: float
    probes: int
    streams: int


def search(waits: Waits, limit_s: float, start: float, seed: int, p: float = P) -> Found:
    """One whole search in virtual time."""
    rng = np.random.default_rng(seed)
    state, streams = Search(start), 0
    while state.bracket is None:
        decision, seen = probe(waits(state.load, rng), limit_s, p)
        streams += seen
        state.tell(decision)
    return Found(state.bracket.middle or 0.0, len(state.probes), streams)


def batch_limit_s() -> float:
    """An answer's own length: who waits longer than that has met a queue that does not empty."""
    return TOKENS * BATCH.step_ms / 1000


def measure(searches: int = 20) -> dict[str, object]:
    """Every kind of search against theory."""
    erlang = most_rate(SLOTS, SERVICE_S, WAIT_S, 1 - P)
    knee = BATCH.max_batch / (TOKENS * BATCH.step_ms / 1000)
    figures: dict[str, object] = {}
    share = counted_share(REFUSED)
    assert share is not None
    for name, waits, limit_s, theory, p in (
        ("erlang", erlang_waits, WAIT_S, erlang, P),
        ("batch", batch_waits, batch_limit_s(), knee, P),
        ("refused", refusals, 0.5, most_rate_without_queue(), share),
    ):
        found = [search(waits, limit_s, theory / 11, seed, p) for seed in range(searches)]
        off = [one.answer / theory - 1 for one in found]
        figures |= {
            f"{name}_theory_per_s": round(theory, 3),
            f"{name}_within_10_percent": sum(abs(error) <= 0.10 for error in off),
            f"{name}_off": [round(min(off), 3), round(max(off), 3)],
            f"{name}_probes": [min(f.probes for f in found), max(f.probes for f in found)],
            f"{name}_streams": round(sum(f.streams for f in found) / searches),
        }
    least = 0.9 * searches
    figures["searches"] = searches
    kinds = ("erlang", "batch", "refused")
    figures["passed"] = all(int(str(figures[f"{name}_within_10_percent"])) >= least for name in kinds)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--searches", type=int, default=20)
    parser.add_argument("--real", action="store_true", help="one search of each on real sockets as well")
    arguments = parser.parse_args()
    figures = measure(arguments.searches)
    if arguments.real:
        from bench.capacity_real import real_searches

        figures |= real_searches()
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<28} {value}")
    return 0 if figures["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
