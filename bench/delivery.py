"""Tokens one by one, or chunks of text: what the reader gets on the same journeys, drawn from the same seed.

    python -m bench.delivery [--json] [--flush-ms 0,250,1000] [--plan scenarios/delivery.yaml]

Runs the plan once for each flush time of the gateway, one after the other. Medians over the streams of a
phase; `read_wait_ms` is what a reader of 5.3 tokens a second waits for text; `bytes_a_token` is of bodies,
without HTTP's own framing (about 6 bytes an event) and packet headers, which a proxy cannot show.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from harness.metrics import samples_of
from harness.metrics.join import Joined, join
from harness.plan.plan import Plan
from harness.plan.reader import dump, load_plan
from harness.run_folder import read_run

PLAN = Path(__file__).parent.parent / "scenarios" / "delivery.yaml"
MEDIANS = {
    "ttft_ms": "ttft_user", "whole_ms": "e2e_term_user", "longest_gap_ms": "max_gap",
    "read_wait_ms": "reader_stall", "token_delay_ms": "token_delay",
}  # fmt: skip


def measure(plan: Plan, flush_ms: float) -> dict[str, dict[str, float]]:
    """Phase -> name -> number. Raises RuntimeError when the run cannot be believed."""
    gateway = msgspec.structs.replace(plan.stack.gateway, flush_ms=flush_ms)
    changed = msgspec.structs.replace(plan, stack=msgspec.structs.replace(plan.stack, gateway=gateway))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plan.yaml").write_text(dump(changed), encoding="utf-8")
        command = [str(Path(sys.executable).with_name("streamproof")), "run", "plan.yaml"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        roots = sorted((Path(folder) / "runs").glob("*/"))
        if done.returncode == 4 or not roots:
            raise RuntimeError(done.stdout + done.stderr)
        joined = join(read_run(roots[-1]))
    return {phase.name: _phase(joined, phase.name) for phase in plan.phases}


def _phase(joined: Joined, phase: str) -> dict[str, float]:
    mine = joined.of_phase(phase)
    found = {}
    for name, metric in MEDIANS.items():
        values = samples_of(joined, metric).of(mine).values
        found[name] = round(float(np.median(values)), 1)
    whole = joined.attempts[mine & joined.is_outcome("completed")]
    found["tokens_an_event"] = round(float(whole["tokens"].sum() / whole["content_events"].sum()), 2)
    found["bytes_a_token"] = round(float(whole["body_bytes"].sum() / whole["tokens"].sum()), 1)
    found["completed"] = round(len(whole) / max(int(np.count_nonzero(mine & joined.last)), 1), 3)
    found["streams"] = int(np.count_nonzero(mine & joined.last))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--flush-ms", default="0,250,1000")
    parser.add_argument("--plan", type=Path, default=PLAN)
    options = parser.parse_args()
    plan = load_plan(options.plan)
    found = {flush: measure(plan, float(flush)) for flush in options.flush_ms.split(",")}
    if options.json:
        print(json.dumps(found))
        return
    for phase in plan.phases:
        names = list(next(iter(found.values()))[phase.name])
        print(f"\n{phase.name}\n  flush ms" + "".join(f"{name:>17}" for name in names))
        for flush, phases in found.items():
            print(f"  {flush:>8}" + "".join(f"{phases[phase.name][name]:>17}" for name in names))


if __name__ == "__main__":
    main()
