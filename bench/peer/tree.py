"""CPU of a program and everything it starts, over time: by session, so that nobody is missed who forks."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.peer.work import NotThere
from harness import clock

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_LOOK_S = 0.1


class Measured:
    """What a finished program used."""

    def __init__(self, samples: Sequence[tuple[int, float]], status: int, total_s: float) -> None:
        self.status, self.total_s = status, total_s
        self._at_ns = np.array([at for at, _ in samples], dtype=np.int64)
        self._used_s = np.array([used for _, used in samples])

    def since(self, instant_ns: int) -> float:
        """CPU seconds from an instant to the end. What was used before is read off the samples."""
        return self.total_s - float(np.interp(instant_ns, self._at_ns, self._used_s))


def run(words: Sequence[str], more: Mapping[str, str], folder: Path, limit_s: float) -> Measured:
    """Run a command in a session of its own, its output in `folder`. Raises NotThere when it does not end."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    before = os.times()
    with (folder / "output.log").open("wb") as log:
        try:
            process = subprocess.Popen(
                words, env={**environ, **more}, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=folder, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise NotThere(f"{words[0]} cannot be started: {error.strerror}") from None
    samples: list[tuple[int, float]] = []
    over = threading.Event()
    sampler = threading.Thread(target=_sample, args=(process.pid, samples, over), daemon=True)
    sampler.start()
    try:
        status = process.wait(limit_s)
    except subprocess.TimeoutExpired:
        raise NotThere(f"it had not ended after {limit_s:.0f} s") from None
    finally:
        over.set()
        sampler.join()
        _end(process)
    after = os.times()
    waited_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(samples, status, max(waited_s, samples[-1][1]))


def said(folder: Path) -> str:
    """The last line of a program's output that says something."""
    lines = (folder / "output.log").read_text(errors="replace").splitlines()
    words = [line.strip(" │╰╭─╯╮") for line in lines]
    return next((line for line in reversed(words) if line), "it said nothing")[:200]


def _sample(session: int, samples: list[tuple[int, float]], over: threading.Event) -> None:
    """Each process's last known use stays in the sum: some end without being waited for by their parent,

    and what they used then appears nowhere else.
    """
    ticks: dict[str, int] = {}
    while not over.is_set():
        ticks.update(_ticks(session))
        samples.append((clock.now(), sum(ticks.values()) * _TICK_S))
        over.wait(_LOOK_S)


def _ticks(session: int) -> dict[str, int]:
    """CPU of each process of a session, in clock ticks, by its number and when it started."""
    found = {}
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[3]) == session:
            found[f"{place.name} {fields[19]}"] = int(fields[11]) + int(fields[12])
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of the session outlives its measurement."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            break
        process.poll()
        time.sleep(0.05)
    process.wait()
