"""The load of a run as a process: Locust, headless, with our plan and wiring."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.load.wiring import Wiring
from harness.stack.part import Part, free_port


def load_process(
    scenarios: Sequence[Path], plan_file: Path, wiring: Wiring, workers: int, folder: Path
) -> Part:
    """Locust over `scenarios`, not started yet. It stays clear of the user's own Locust settings."""
    command = [sys.executable, "-m", "locust", "-f", ",".join(str(path.resolve()) for path in scenarios)]
    command += ["--headless", "--only-summary", "--loglevel", "WARNING"]
    command += ["--plan", str(plan_file.resolve()), "--wiring", msgspec.json.encode(wiring).decode()]
    if workers > 1:
        port = str(free_port())
        command += ["--processes", str(workers), "--expect-workers-max-wait", "30"]
        command += ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]
    part = Part("load", command, folder / "logs" / "load.log")
    part.forget([name for name in os.environ if name.startswith("LOCUST_")])
    return part
