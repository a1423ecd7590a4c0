"""The system that is audited when nobody names one: our gateway, in front of our mock."""

import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.plan.audited import Audited, Drain, Endpoints, Log, Metrics, Policies, ProviderAdmin
from harness.plan.target import Target
from harness.stack.part import Part

HEARTBEAT_S, IDLE_S, DRAIN_S = 15.0, 60.0, 10.0
RETRIES, CONCURRENCY, QUEUE = 2, 64, 16
OPTIONS = {
    "--reasoning": "hidden",
    "--tools": "hidden",
    "--heartbeat-s": f"{HEARTBEAT_S:g}",
    "--idle-s": f"{IDLE_S:g}",
    "--retries": str(RETRIES),
    "--concurrency": str(CONCURRENCY),
    "--queue": str(QUEUE),
    "--drain-s": f"{DRAIN_S:g}",
    "--compress": "yes",
}
ENDPOINTS = Endpoints(
    whole="/api/chat",
    moderated="/api/chat/moderated",
    structured="/api/chat/structured",
    openai="/v1/chat/completions",
    stop="/api/chat/stream/stop?stream={id}",
    kept="/api/chat/kept?stream={id}",
)


class BuiltIn:
    """Mock and gateway as processes of ours, and the target that they are. Used in a `with` block."""

    def __init__(self, folder: Path, tell: Callable[[str], None], defects: Sequence[str] = ()) -> None:
        self._folder, self._tell = folder.resolve(), tell
        self._defects = [word for name in defects for word in ("--defect", name)]
        self._parts: list[Part] = []
        self._upstream, self._port = "http://127.0.0.1:0", 0  # until they listen

    def __enter__(self) -> "BuiltIn":
        try:
            self._start_mock()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for part in reversed(self._parts):
            part.stop()

    def _start_mock(self) -> None:
        command = [sys.executable, "-m", "mock_provider", "--port", "0"]
        command += ["--ledger-dir", str(self._folder / "ledger")]
        self._upstream = _url(self._begin("mock provider", command))
        self._tell(f"mock provider  {self._upstream}")

    def start(self) -> None:
        """The gateway, at the address that it had before, once that one has gone."""
        if self._port:
            self._parts[-1].stop(grace_s=DRAIN_S + 1)
        command = [sys.executable, "-m", "gateway", "--upstream", self._upstream, "--port", str(self._port)]
        command += [word for pair in OPTIONS.items() for word in pair]
        command += ["--log", str(self._log), *self._defects]
        url = _url(self._begin("gateway", command))
        if not self._port:
            self._tell(f"gateway        {url}" + (f"  ({' '.join(self._defects)})" if self._defects else ""))
        self._port = int(url.rpartition(":")[2])

    def stop(self) -> None:
        """As its operator would."""
        self._parts[-1].signal(signal.SIGTERM)

    @property
    def _log(self) -> Path:
        return self._folder / "gateway.jsonl"

    def _begin(self, name: str, command: list[str]) -> Part:
        part = Part(name, command, self._folder / f"{name.replace(' ', '-')}.log")
        self._parts = [each for each in self._parts if each.exit_status() is None] + [part]
        part.start()
        return part

    @property
    def file(self) -> Audited:
        """What the gateway is and has."""
        return Audited(
            target=Target(url=f"http://127.0.0.1:{self._port}"),
            provider=ProviderAdmin(admin=self._upstream),
            endpoints=ENDPOINTS,
            log=Log(path=str(self._log)),
            metrics=Metrics(),
            policies=Policies(
                reasoning="hidden",
                tool_calls="hidden",
                structured="fields",
                retries=RETRIES,
                stall_limit_s=IDLE_S,
                heartbeat_s=HEARTBEAT_S,
                concurrency=CONCURRENCY,
                queue=QUEUE,
            ),
            drain=Drain(stop="signal", start="start"),  # done by us, see `stop` and `start`
        )


def _url(part: Part) -> str:
    ready = part.wait_ready_line()
    return f"http://{ready['host']}:{ready['port']}"
