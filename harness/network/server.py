"""Which network proxy a run gets: Toxiproxy where there is one, ours where there is none."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.network.install import VERSION, find_server

TOXIPROXY = f"Toxiproxy (pinned to {VERSION})"
OURS = "the built-in proxy"


class ProxyServer(msgspec.Struct, frozen=True, kw_only=True):
    """How to start a proxy, and what a report calls it."""

    name: str
    command: list[str]
    env: dict[str, str]
    builtin: bool


def proxy_server(
    port: int,
    seed: int,
    log: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    cache: Path | None = None,
) -> ProxyServer:
    """The proxy to start with its API on `port` of 127.0.0.1.

    `STREAMPROOF_TOXIPROXY=builtin` asks for ours. Only ours uses `seed`, and writes the truth about each
    connection to `log`. Raises InstallError if the variable names a program that is not there.
    """
    found = find_server(environ, cache)
    listen = ["-host", "127.0.0.1", "-port", str(port)]
    if found is not None:
        # Unset, its log would hold a line for every connection.
        return ProxyServer(
            name=TOXIPROXY, command=[str(found), *listen], env={"LOG_LEVEL": "error"}, builtin=False
        )
    command = [sys.executable, "-m", "harness.network.builtin", *listen, "--seed", str(seed)]
    command += ["--log", str(log)] if log is not None else []
    return ProxyServer(name=OURS, command=command, env={}, builtin=True)
