"""A real proxy server for the slow tests, ended by its process id."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.network.api import Api
from harness.network.control import ToxiproxyControl
from harness.network.errors import Gone
from harness.network.install import find_server


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


@pytest.fixture(scope="session")
def toxiproxy_binary() -> Path:
    server = find_server()
    if server is None:
        pytest.skip("no Toxiproxy server here; `streamproof toxiproxy install` gets one")
    return server


@pytest.fixture
def control(toxiproxy_binary: Path) -> Iterator[ToxiproxyControl]:
    """A fresh real server under control."""
    port = free_port()
    process = subprocess.Popen(
        [toxiproxy_binary, "-host", "127.0.0.1", "-port", str(port)],
        env={**os.environ, "LOG_LEVEL": "error"},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_up(port, process)
        control = ToxiproxyControl("127.0.0.1", port)
        yield control
        control.close()
    finally:
        process.terminate()
        process.wait(10)
