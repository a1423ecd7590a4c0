"""NVIDIA AIPerf with its own defaults, without its page and without metrics of GPUs and servers."""

import json
from pathlib import Path

from bench.peer.environment import TOKENIZER, hub, installed, variables
from bench.peer.work import NotThere, Reported, Work

VERSION = "0.13.0"
LABEL = f"AIPerf {VERSION}"


def command(work: Work, url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    programs = installed("aiperf", VERSION)
    home = hub(programs)
    words = [
        str(programs / "aiperf"), "profile", "--model", "known", "--url", url,
        "--endpoint-type", "chat", "--streaming", "--tokenizer", TOKENIZER,
        "--concurrency", str(work.streams), "--request-count", str(work.answers),
        "--isl", "16", "--osl", str(work.tokens), "--request-timeout-seconds", "120",
        "--ui", "none", "--no-gpu-telemetry", "--no-server-metrics", "--random-seed", "7",
        "--artifact-dir", str(folder / "aiperf"),
    ]  # fmt: skip
    return words, variables(home)


def report(work: Work, folder: Path) -> Reported:
    path = folder / "aiperf" / "profile_export_aiperf.json"
    if not path.is_file():
        raise NotThere("AIPerf ended without a report")
    found = json.loads(path.read_text(encoding="utf-8"))
    ttft = found.get("time_to_first_token", {})
    completed = int(found.get("completed_request_count", found.get("request_count", {})).get("avg", 0))
    return Reported(
        completed=completed,
        failed=sum(int(error.get("count", 1)) for error in found.get("error_summary", [])),
        ttft_mean_ms=ttft.get("avg"),
        ttft_p50_ms=ttft.get("p50"),
        ttft_p99_ms=ttft.get("p99"),
    )
