"""Mock provider, reference gateway and a real proxy in front of it, audited through a target file."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness import scorecard
from harness.stack import haproxy, nginx
from harness.stack.part import Part, free_port
from tests.misbehaving import certificate

GUIDE = Path(__file__).parents[2] / "docs" / "nginx.md"
_LONGEST_S = 100

# (its folder, the gateway's address, its port) -> its command; none: there is none
Proxy = Callable[[Path, str, int], list[str] | None]

_HTTP = """\
    upstream gateway {{
        server {gateway};
    }}
    server {{
        listen {listen};
        {location}
    }}
"""


def locations() -> list[str]:
    """The configurations of the guide, in its order."""
    return re.findall(r"^```nginx\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


class Stack:
    """`url` is the proxy, `gateway` the gateway behind it."""

    def __init__(self, folder: Path, provider: str, gateway: str, url: str) -> None:
        self._folder, self.provider, self.gateway, self.url = folder, provider, gateway, url

    def audit(
        self, *checks: str, probes: Mapping[str, object], hops: Mapping[str, str] = {}
    ) -> dict[str, scorecard.Promise]:
        """What `streamproof audit` says of `checks`, by their ids; `hops` are asked beside the gateway."""
        target = {
            "target": {"url": self.url, "dialect": "generic", "verify_tls": False},
            "provider": {"admin": self.provider},
            "hops": {"gateway": self.gateway, **hops},
            "policies": {"heartbeat_s": 1},
            "probes": probes,
        }
        file = self._folder / "target.yaml"
        file.write_text(json.dumps(target), encoding="utf-8")
        command = [sys.executable, "-m", "harness.cli", "audit", str(file), "--only", ",".join(checks)]
        command += ["--json", "--out", str(self._folder / "runs")]
        done = subprocess.run(command, capture_output=True, timeout=_LONGEST_S, check=False)
        assert done.stdout, done.stderr.decode()
        return {promise.id: promise for promise in scorecard.decode(done.stdout).promises}


@contextmanager
def stack(proxy: Proxy, *options: str, scheme: str = "http") -> Iterator[Stack]:
    """`proxy` before the gateway, which has these `options`."""
    with tempfile.TemporaryDirectory(prefix="streamproof-") as name:
        folder, parts = Path(name), list[Part]()
        try:
            ledger = str(folder / "ledger")
            provider = _server(parts, folder, "mock", "mock_provider", "--ledger-dir", ledger)
            gateway = _server(parts, folder, "gateway", "gateway", "--upstream", provider, *options)
            port = free_port()
            command = proxy(folder, gateway.removeprefix("http://"), port)
            if command is not None:
                _started(parts, Part("proxy", command, folder / "proxy.log")).wait_port(port)
            url = f"{scheme}://127.0.0.1:{port}" if command is not None else gateway
            yield Stack(folder, provider, gateway, url)
        finally:
            for part in reversed(parts):
                part.stop()


def _server(parts: list[Part], folder: Path, name: str, module: str, *options: str) -> str:
    command = [sys.executable, "-m", module, "--port", "0", *options]
    ready = _started(parts, Part(name, command, folder / f"{name}.log")).wait_ready_line()
    return f"http://{ready['host']}:{ready['port']}"


def _started(parts: list[Part], part: Part) -> Part:
    parts.append(part)
    part.start()
    return part


def no_proxy(folder: Path, gateway: str, port: int) -> None:
    return None


def nginx_with(location: str, tls: bool = False) -> Proxy:
    """`location` is a block of its configuration that passes on to `http://gateway`."""

    def proxy(folder: Path, gateway: str, port: int) -> list[str]:
        listen = f"127.0.0.1:{port}"
        if tls:
            chain, key = certificate(folder)
            listen += f" ssl; ssl_certificate {chain}; ssl_certificate_key {key}"
        config = folder / "nginx.conf"
        http = _HTTP.format(listen=listen, gateway=gateway, location=location)
        config.write_text(nginx.frame(http, folder))
        return nginx.command(config)

    return proxy


def haproxy_without(line: str) -> Proxy:
    """Our configuration for streams, less one line."""

    def proxy(folder: Path, gateway: str, port: int) -> list[str]:
        host, _, upstream = gateway.partition(":")
        whole = haproxy.config(port, (host, int(upstream)), folder)
        assert line in whole
        config = folder / "haproxy.cfg"
        config.write_text(whole.replace(line, ""))
        return haproxy.command(config)

    return proxy
