"""Real proxy servers for the slow tests, Toxiproxy and our own, ended by their process ids."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from harness.network.api import Api
from harness.network.control import ToxiproxyControl
from harness.network.errors import Gone
from harness.network.install import find_server


@dataclass(frozen=True)
class RunningServer:
    kind: str
    host: str
    port: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    api = Api("127.0.0.1", port)
    for _ in range(200):
        assert process.poll() is None, "the proxy server ended while starting"
        try:
            api.request("GET", "/version")
        except Gone:
            time.sleep(0.05)
        else:
            api.close()
            return
    raise AssertionError("the proxy server did not start")


@contextmanager
def running(kind: str, *flags: str) -> Iterator[RunningServer]:
    if kind == "builtin":
        command = [sys.executable, "-m", "harness.network.builtin", "--seed", "7"]
    else:
        server = find_server()
        if server is None:
            pytest.skip("no Toxiproxy server here; `streamproof toxiproxy install` gets one")
        command = [str(server)]
    port = free_port()
    process = subprocess.Popen(
        [*command, "-host", "127.0.0.1", "-port", str(port), *flags],
        env={**os.environ, "LOG_LEVEL": "error"},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_up(port, process)
        yield RunningServer(kind, "127.0.0.1", port)
        assert process.poll() is None, "the proxy server died under the test"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["toxiproxy", "builtin"])
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """A fresh server, once of each kind."""
    with running(request.param) as server:
        yield server


@pytest.fixture
def control(server: RunningServer) -> Iterator[ToxiproxyControl]:
    """The control of `server`."""
    control = ToxiproxyControl(server.host, server.port)
    yield control
    control.close()
