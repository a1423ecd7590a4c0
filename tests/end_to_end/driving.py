"""Runs the `streamproof` command as its user would, and reads what it leaves."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.record import read_table
from harness.summary import Summary
from reports.json_report import decode

COMMAND = Path(sys.executable).with_name("streamproof")

# What a busy machine does to a run is said by the run; it must not fail the test of something else.
TIMING = {
    "loop_lag", "loop_lag_max", "dispatch_delay", "mock_lateness", "gc_pause", "cpu", "steal", "read_lag",
    "merged_stamps", "network_lateness", "littles_law", "rate_achieved", "events_per_worker", "kernel_stamps",
    "event_lateness", "throttled",
}  # fmt: skip


@dataclass
class Finished:
    """A command that has ended."""

    code: int
    output: str
    folder: Path | None

    @property
    def root(self) -> Path:
        assert self.folder is not None, self.output
        return self.folder

    @property
    def summary(self) -> Summary:
        return decode((self.root / "summary.json").read_bytes())

    def table(self, name: str) -> pd.DataFrame:
        return read_table(self.root / f"{name}.parquet")

    def phase(self, name: str) -> pd.DataFrame:
        streams = self.table("streams")
        return streams[streams.phase == name]

    def distrust(self) -> set[str]:
        """Validity checks that failed for another reason than a busy machine."""
        return {check.id for check in self.summary.validity.checks if check.state != "VALID"} - TIMING

    def broken(self) -> list[str]:
        return [f"{check.id} in {check.phase}" for check in self.summary.checks if check.state == "FAIL"]


class Running:
    """A command under way in `out`'s folder. Used in a `with` block, which it does not outlive."""

    patience_s = 30.0  # with one that is interrupted

    def __init__(self, out: Path, *words: str) -> None:
        self._out = out
        self._log = out / "command.log"
        out.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(COMMAND), *words], stdout=log, stderr=subprocess.STDOUT, cwd=out, env=_environment()
            )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        """Of one that has ended nothing is left to do; another had a test that failed."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(self.patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()  # what it has started dies with it
            self.process.wait()

    def wait_for(self, part: str, limit_s: float = 60) -> None:
        """Until the output holds `part`."""
        deadline = time.monotonic() + limit_s
        while part not in self._log.read_text(errors="replace"):
            assert self.process.poll() is None, self._log.read_text(errors="replace")
            assert time.monotonic() < deadline, f"no {part!r} in: {self._log.read_text(errors='replace')}"
            time.sleep(0.1)

    def descendants(self) -> dict[int, str]:
        """Process id -> command line of everything that the command has started."""
        listing = subprocess.run(
            ["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        ).stdout
        rows = [line.split(None, 2) for line in listing.splitlines()]
        family = {self.process.pid}
        for _ in range(5):
            family |= {int(pid) for pid, parent, _ in rows if int(parent) in family}
        family.discard(self.process.pid)
        return {int(pid): command for pid, _, command in rows if int(pid) in family}

    def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal the one descendant whose command line holds `part`."""
        [pid] = [pid for pid, command in self.descendants().items() if part in command]
        os.kill(pid, number)

    def finish(self, limit_s: float = 180) -> Finished:
        code = self.process.wait(limit_s)
        folders = sorted((self._out / "runs").glob("*/")) if (self._out / "runs").is_dir() else []
        return Finished(code, self._log.read_text(errors="replace"), folders[-1] if folders else None)


def command(out: Path, *words: str) -> Finished:
    """Run to the end."""
    with Running(out, *words) as running:
        return running.finish()


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
