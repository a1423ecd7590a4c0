"""Locust as it comes: FastHttpUser, the response read line by line, JSON for each chunk."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from bench.peer.work import NotThere, Reported, Work

LABEL = f"Locust {version('locust')} FastHttpUser"


def command(work: Work, url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    file = Path(__file__).with_name("locustfile_plain.py")
    words = [
        sys.executable, "-m", "locust", "-f", str(file), "--headless", "--only-summary",
        "--loglevel", "WARNING",
        "--host", url, "--users", str(work.streams), "--spawn-rate", str(work.streams),
        "--run-time", f"{int(work.rounds * work.answer_s * 4) + 20}s", "--exit-code-on-error", "0",
    ]  # fmt: skip
    told = {"BENCH_TOKENS": str(work.tokens), "BENCH_ROUNDS": str(work.rounds)}
    return words, {**told, "BENCH_REPORT": str(folder / "locust.json")}


def report(work: Work, folder: Path) -> Reported:
    path = folder / "locust.json"
    if not path.is_file():
        raise NotThere("Locust ended without a report")
    found = json.loads(path.read_text(encoding="utf-8"))
    ttft = np.array(found["ttft_ms"])
    p50, p99 = (float(np.percentile(ttft, p)) if len(ttft) else None for p in (50, 99))
    return Reported(
        completed=found["completed"],
        failed=work.answers - found["completed"],
        ttft_mean_ms=float(ttft.mean()) if len(ttft) else None,
        ttft_p50_ms=p50,
        ttft_p99_ms=p99,
    )
