"""What keeping an answer costs the gateway's loop: one write when it is over, one read for who comes back.

`python -m bench.resume --json`: us for each, answers of 120 tokens, in a store that is full.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

from gateway.kept import Kept, KeptAnswers
from harness.answer import answer
from harness.dialects.events import Kind, Usage

_ANSWERS = 2000


def measure() -> dict[str, float]:
    pieces = [(Kind.TEXT, text) for text in answer(7, 1, 120)]
    kept = Kept("owner", "question", pieces, None, "stop", Usage(10, 120))
    store = KeptAnswers("", 1_000_000)
    for number in range(_ANSWERS):
        store.put(f"before-{number}", kept)
    puts = [_us(lambda n=n: store.put(str(n), kept)) for n in range(_ANSWERS)]
    gets = [_us(lambda n=n: store.get(str(n))) for n in range(_ANSWERS - 100, _ANSWERS)]
    store.close()
    return {
        "put_p50_us": round(statistics.median(puts), 1),
        "put_p99_us": round(sorted(puts)[int(len(puts) * 0.99)], 1),
        "get_p50_us": round(statistics.median(gets), 1),
    }


def _us(act: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    act()
    return (time.perf_counter_ns() - start) / 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    found = measure()
    print(json.dumps(found) if parser.parse_args().json else found)
