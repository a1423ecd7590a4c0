"""Our own engine: Locust with the users of scenarios/chat.py, everything recorded and verified."""

from pathlib import Path

import numpy as np

from bench.peer.work import NotThere, Reported, Work
from harness import __version__
from harness.clock import MS
from harness.load.wiring import Wiring
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.plan.provider import ModelProfile, Provider
from harness.plan.target import Limits, Target
from harness.preflight import SCENARIOS
from harness.record import StreamRecord, read_parts
from harness.run_folder import RunFolder, write_plan
from harness.stack.load import load_process

LABEL = f"Streamproof {__version__}"


def plan(work: Work) -> Plan:
    """Every user is due at once, asks again as soon as it is answered, and has time for `rounds` of it."""
    limits = Limits(connect_s=30, headers_s=60, first_content_s=60, idle_s=60, total_s=600)
    profile = ModelProfile(ttft_ms=work.ttft_ms, itl_ms=1000 / work.rate)
    phase = Phase(
        name="bench",
        duration_s=(work.rounds - 0.5) * work.answer_s,
        load=Load(users=work.streams, ramp_s=0.0, think_s=0.0),
    )
    return Plan(
        name="bench-peers",
        target=Target(dialect="openai", model="known", max_tokens=work.tokens, limits=limits),
        provider=Provider(models={"known": profile}),
        phases=[phase],
        drain_s=work.answer_s * 4 + 20,
    )


def command(work: Work, url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    run = RunFolder((folder / "streamproof").resolve())
    write_plan(run, plan(work))
    run.parts.mkdir(parents=True, exist_ok=True)
    wiring = Wiring(url=url, folder=str(run.root))
    return load_process([SCENARIOS / "chat.py"], run.plan, wiring, 1, run.root).command, {}


def report(work: Work, folder: Path) -> Reported:
    records: list[StreamRecord] = read_parts(folder / "streamproof" / "parts", "streams").rows
    if not records:
        raise NotThere("the load left no records; its log says why")
    whole = [record for record in records if record.outcome == "completed"]
    ttft = np.array([(record.first_content_ns - record.sent_ns) / MS for record in whole])  # type: ignore[operator]
    return Reported(
        completed=len(whole),
        failed=work.answers - len(whole),
        ttft_mean_ms=float(ttft.mean()) if len(ttft) else None,
        ttft_p50_ms=float(np.percentile(ttft, 50)) if len(ttft) else None,
        ttft_p99_ms=float(np.percentile(ttft, 99)) if len(ttft) else None,
    )
