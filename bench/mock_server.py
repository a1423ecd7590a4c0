"""A mock provider of a measurement's own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(folder: Path, config: str, *arguments: str) -> Iterator[tuple[str, int]]:
    """Its address while it runs. It has written all of its ledger into `folder` when this ends."""
    (folder / "mock.yaml").write_text(config)
    command = [sys.executable, "-m", "mock_provider", "--config", str(folder / "mock.yaml")]
    command += ["--ledger-dir", str(folder), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield ready["host"], ready["port"]
        finally:
            process.terminate()
            process.wait(timeout=20)
