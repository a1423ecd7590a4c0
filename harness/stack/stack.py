"""The stack of one run: mock provider, system under test, network proxy; started in order, always stopped."""

import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from harness.network.server import ProxyServer, proxy_server
from harness.plan.plan import GatewayOptions, Plan
from harness.plan.reader import dump
from harness.stack import haproxy, nginx
from harness.stack.errors import StackError
from harness.stack.part import Part, free_port

_PROVIDER, _SYSTEM, _NETWORK = "mock provider", "system under test", "network proxy"


class Stack:
    """Starts what the plan names. `parts` is in order of start; `stop` goes backwards."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        folder = folder.resolve()  # the parts have working folders of their own
        self._logs = folder / "logs"
        self._parts_folder = folder / "parts"
        self.parts: list[Part] = []
        self.provider_url = ""
        self.url = plan.target.url or ""
        self.network: ProxyServer | None = None  # what plays the networks, where the plan has any
        self.network_port = 0

    def start(self, tell: Callable[[str], None]) -> None:
        """Everything but the load. Raises StackError; what was started must still be stopped."""
        if self._plan.provider is not None:
            self._start_provider()
            tell(f"mock provider   {self.provider_url}")
            if self.url:
                tell(f"                set {self.provider_url}/v1 as your system's provider base URL")
        if not self.url:
            self._start_system()
        tell(f"system          {self.url}")
        if self._plan.cohorts:
            self._start_network()

    def stop(self) -> None:
        for part in reversed(self.parts):
            part.stop()

    def died(self) -> list[str]:
        """The names of parts that have ended by themselves."""
        return [part.name for part in self.parts if part.exit_status() is not None]

    def status(self, name: str) -> int | None:
        """How the part called `name` ended."""
        return next(part.exit_status() for part in self.parts if part.name == name)

    @property
    def upstream(self) -> tuple[str, int]:
        """Host and port of the system, for proxies in front of it."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80)

    def _add(self, name: str, command: list[str], env: dict[str, str] | None = None) -> Part:
        part = Part(name, command, self._logs / f"{name.replace(' ', '-')}.log", env or {})
        self.parts.append(part)
        part.start()
        return part

    def _start_provider(self) -> None:
        provider = self._plan.provider
        assert provider is not None
        self._parts_folder.mkdir(parents=True, exist_ok=True)
        config = self._parts_folder / "provider.yaml"
        config.write_text(dump(provider), encoding="utf-8")
        command = [sys.executable, "-m", "mock_provider", "--config", str(config)]
        command += ["--seed", str(self._plan.seed), "--host", provider.host, "--port", str(provider.port)]
        ready = self._add(_PROVIDER, [*command, "--ledger-dir", str(self._parts_folder)]).wait_ready_line()
        self.provider_url = f"http://{ready['host']}:{ready['port']}"

    def _start_system(self) -> None:
        match self._plan.stack.system:
            case "gateway":
                command = [sys.executable, "-m", "gateway", "--upstream", self.provider_url, "--port", "0"]
                command += _flags(self._plan.stack.gateway)
                ready = self._add(_SYSTEM, command).wait_ready_line()
                self.url = f"http://{ready['host']}:{ready['port']}"
            case "nginx":
                self._start_proxy("nginx", nginx.find(), nginx.config, nginx.command)
            case "haproxy":
                self._start_proxy("haproxy", haproxy.find(), haproxy.config, haproxy.command)
            case "none":
                self.url = self.provider_url

    def _start_proxy(
        self,
        program: str,
        found: Path | None,
        config: Callable[[int, tuple[str, int], Path], str],
        command: Callable[[Path], list[str]],
    ) -> None:
        if found is None:
            raise StackError(
                f"{program} is not on this machine; install it (Debian: apt-get install {program}) "
                "or choose another stack.system"
            )
        parts = urlsplit(self.provider_url)
        port = free_port()
        folder = self._logs / program
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{program}.conf"
        path.write_text(config(port, (parts.hostname or "", parts.port or 80), folder), encoding="utf-8")
        self._add(_SYSTEM, command(path)).wait_port(port)
        self.url = f"http://127.0.0.1:{port}"

    def _start_network(self) -> None:
        port = free_port()
        proxy = proxy_server(port, self._plan.seed, self._logs / "network.jsonl")
        self._add(_NETWORK, proxy.command, proxy.env).wait_port(port)
        self.network = proxy
        self.network_port = port


def _flags(options: GatewayOptions) -> list[str]:
    values = msgspec.to_builtins(options)
    return [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", str(value))]
