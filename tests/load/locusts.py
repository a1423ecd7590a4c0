"""Locust as people start it, against a server that answers every question with the same stream."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from harness.load.live import LiveFile, LiveLine
from harness.load.wiring import Wiring
from harness.preflight import SCENARIOS
from harness.record import read_parts
from tests.misbehaving import Fin, Misbehaving, Pause, Step, head
from tests.transports.answers import done, event

CHAT = SCENARIOS / "chat.py"
PATIENCE_S = 60


def answer(tokens: int = 5, gap_s: float = 0.01) -> list[Step]:
    """An answer that ends with its connection, so that each stream opens its own."""
    steps: list[Step] = [head(connection="close")]
    for number in range(tokens):
        steps += [event(content=f"token {number} "), Pause(gap_s)]
    return [*steps, done(tokens), Fin()]


def command(*arguments: str, file: Path | str = CHAT) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(file), *arguments]


@cache
def answers_of(module: str) -> dict[str, Any]:
    """What a module of this folder prints, in a process of its own: importing Locust patches the process."""
    found = subprocess.run(
        [sys.executable, "-m", f"tests.load.{module}"],
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    answers: dict[str, Any] = json.loads(found.stdout)
    return answers


def environment() -> dict[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "STREAMPROOF_"))
    }
    return {**clean, "PYTHONPATH": str(SCENARIOS.parent)}


def locust(
    *arguments: str, file: Path | str = CHAT, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Locust, headless, until it has ended by itself."""
    return subprocess.run(
        command("--headless", *arguments, file=file),
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@contextmanager
def running(*arguments: str, file: Path | str = CHAT, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Locust in a session of its own, which does not outlive the block."""
    with (cwd / "locust.log").open("wb") as log:
        process = subprocess.Popen(
            command(*arguments, file=file),
            cwd=cwd,
            env=environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def recording(server: Misbehaving, folder: Path) -> list[str]:
    """The option that makes Locust write parts into `folder`."""
    return ["--wiring", msgspec.json.encode(Wiring(url=server.url, folder=str(folder))).decode()]


def rows(folder: Path) -> list[msgspec.Struct]:
    return read_parts(folder / "parts", "streams").rows


def live(folder: Path) -> list[LiveLine]:
    return LiveFile(folder / "parts" / "live.jsonl").new_lines()


def said(lines: Sequence[LiveLine], kind: str) -> list[str]:
    return [line.text for line in lines if line.event == kind]
