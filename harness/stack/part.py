"""One process of a run: started with its output in a file, watched, and always stopped."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.stack.errors import StackError

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.02


def free_port() -> int:
    """A TCP port on 127.0.0.1 that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _die_with_parent() -> Callable[[], None] | None:
    """Linux ends the child when this process dies, however it dies; elsewhere there is no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Part:
    """A child process. Its own session keeps a terminal's Ctrl-C away: the run decides what ends when."""

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] = {}) -> None:
        self.name, self.command, self._log = name, list(command), log
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[bytes] | None = None
        self._first_line: bytes | None = None

    def forget(self, names: Sequence[str]) -> None:
        """Keep environment variables from the process."""
        for name in names:
            self._env.pop(name, None)

    def start(self, cwd: Path | None = None) -> None:
        """Raises StackError when the program cannot be executed, or nothing can be written beside it."""
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise StackError(
                f"{self._log.parent}: cannot be written: {reason}; choose another place with --out"
            ) from None
        with self._log.open("ab") as log:
            try:
                self._process = subprocess.Popen(  # noqa: S603  our own command lines
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=self._env,
                    cwd=cwd,
                    start_new_session=True,
                    preexec_fn=_die_with_parent(),
                )
            except OSError as error:
                raise StackError(f"{self.name} cannot be started: {self.command[0]}: {error}") from None
        self._pump_thread = threading.Thread(target=self._pump, args=(self._process.stdout,), daemon=True)
        self._pump_thread.start()

    def _pump(self, stdout: Any) -> None:
        with stdout, self._log.open("ab") as log:
            for line in stdout:
                if self._first_line is None:
                    self._first_line = line
                log.write(line)
                log.flush()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def exit_status(self) -> int | None:
        """How the process ended; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def wait_ready_line(self, limit_s: float = 20) -> dict[str, Any]:
        """The JSON line with which our own servers say that they listen. Raises StackError."""
        self._wait(lambda: self._first_line is not None, limit_s)
        assert self._first_line is not None
        try:
            line: dict[str, Any] = json.loads(self._first_line)
        except ValueError:
            raise self._failed("did not say that it is ready") from None
        return line

    def wait_port(self, port: int, limit_s: float = 20) -> None:
        """Until something accepts on 127.0.0.1:`port`. Raises StackError."""

        def accepts() -> bool:
            with socket.socket() as sock:
                sock.settimeout(0.2)
                return sock.connect_ex(("127.0.0.1", port)) == 0

        self._wait(accepts, limit_s)

    def _wait(self, ready: Callable[[], bool], limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        while True:
            if self.exit_status() is not None:  # first: a port may be another program's
                raise self._failed(f"ended with status {self.exit_status()} before it was ready")
            if ready():
                return
            if time.monotonic() > deadline:
                raise self._failed(f"was not ready within {limit_s:g} s")
            time.sleep(_POLL_S)

    def _failed(self, what: str) -> StackError:
        if self.exit_status() is not None:
            self._pump_thread.join(1)  # its last words are on their way
        tail = self._log.read_text(errors="replace").strip().splitlines()[-3:] if self._log.exists() else []
        said = "; it said: " + " | ".join(tail) if tail else ""
        return StackError(f"{self.name} {what}{said}")

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def stop(self, grace_s: float = 3.0) -> None:
        """SIGTERM, and after `grace_s` SIGKILL to the whole session. Returns when the process is gone."""
        process = self._process
        if process is None:
            return
        self.signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # its children too, if any are left
        process.wait()
        self._pump_thread.join(1)
