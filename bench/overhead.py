"""What streaming costs and gains: scenarios/overhead.yaml, run, and its table in numbers.

`python -m bench.overhead --json`: {"phases": [a row a phase, as in the summary's `deliveries`],
"bytes_by_tokens": {tokens: {dialect: bytes of one streamed answer}}}, where `generic_accumulated` repeats the
text so far in every event. `--work chat` runs only the phases whose names begin so. Four minutes.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import msgspec

from harness.judge import judge
from harness.metrics.delivery import answer_bytes
from harness.plan.plan import Plan
from harness.plan.reader import load_plan
from harness.preflight import SCENARIOS
from harness.run import Run
from harness.run_folder import read_run
from harness.summary import Delivery, Summary

PLAN = SCENARIOS / "overhead.yaml"
_LENGTHS = (100, 400, 1600)


def plan_of(works: list[str]) -> Plan:
    """The plan, with the phases of `works` alone; of all of them where none is named."""
    plan = load_plan(PLAN)
    phases = [phase for phase in plan.phases if not works or phase.name.startswith(tuple(works))]
    return msgspec.structs.replace(plan, phases=phases)


def measure(plan: Plan) -> Summary:
    with tempfile.TemporaryDirectory() as folder:
        run = Run(plan, PLAN, Path(folder), ["bench.overhead"], tell=lambda _: None, show=lambda _: None)
        run.execute()
        return judge(read_run(run.folder.root))


def sizes(tokens: int) -> dict[str, int]:
    """Bytes of one answer of so many tokens, each event with the new text or with all of it so far."""
    return {name: answer_bytes(name, tokens) for name in ("generic", "generic_accumulated")}


def told(row: Delivery) -> str:
    figures = "  ".join(f"{name} {value:g}" for name, value in row.values.items())
    return f"{row.phase:<20} {row.answers:>4} answers  {figures}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--work", action="append", default=[], help="e.g. chat; repeatable")
    arguments = parser.parse_args()
    plan = plan_of(arguments.work)
    if not plan.phases:
        parser.error(f"--work {' '.join(arguments.work)}: no phase of {PLAN.name} begins so")
    summary = measure(plan)
    by_tokens = {tokens: sizes(tokens) for tokens in _LENGTHS}
    if arguments.json:
        print(json.dumps({"phases": msgspec.to_builtins(summary.deliveries), "bytes_by_tokens": by_tokens}))
    else:
        print(*map(told, summary.deliveries), sep="\n")
        for tokens, by in by_tokens.items():
            print(f"{tokens} tokens: " + ", ".join(f"{name} {size:,} bytes" for name, size in by.items()))
        print(f"measurement {summary.validity.state}")
    return 0 if summary.validity.state != "INVALID" else 2


if __name__ == "__main__":
    sys.exit(main())
