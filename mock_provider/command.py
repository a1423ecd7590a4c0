"""`streamproof mock`: read the arguments, listen, say so, serve until told to stop."""

import argparse
import asyncio
import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from harness import clock
from harness.plan.provider import Provider
from harness.plan.reader import PlanError, load_as
from mock_provider import notation, requests
from mock_provider.house import House
from mock_provider.link import LocalLink
from mock_provider.server import MockProvider

BACKLOG = 2048
ADMIN_VARIABLE = "STREAMPROOF_MOCK_ADMIN_TOKEN"
_USAGE = 4  # exit code: usage, environment or harness error


class _CannotListen(Exception):
    pass


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="streamproof mock",
        description="A provider of known tokens: answers chat requests with numbered tokens at the pace, "
        "within the quotas and with the faults that its configuration names, and writes down each attempt.",
    )
    made.add_argument("--config", type=Path, metavar="FILE", help="YAML with models, faults, host and port")
    made.add_argument("--seed", type=int, default=7, help="of all tokens, pacing and faults (default 7)")
    made.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    made.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default 0)")
    made.add_argument("--ledger-dir", type=Path, metavar="DIR", help="write ledger-*.jsonl into this folder")
    made.add_argument(
        "--admin-token",
        default=os.environ.get(ADMIN_VARIABLE, ""),
        help=f"demanded by everything under /-/ but health; without one only loopback may ask "
        f"(default ${ADMIN_VARIABLE})",
    )
    return made


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code; prints one JSON line when it listens."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as stop:
        return _USAGE if stop.code else 0
    try:
        config = load_as(args.config, Provider) if args.config else Provider()
        _check(config, str(args.config))
        host = config.host if args.host is None else args.host
        sock = _listen(host, config.port if args.port is None else args.port)
        link = LocalLink(House(config, clock.now()))
        provider = MockProvider(config, args.seed, link, args.ledger_dir, admin_token=args.admin_token)
    except (PlanError, _CannotListen) as error:
        sys.stderr.write(f"{error}\n")
        return _USAGE
    except OSError as error:
        sys.stderr.write(f"{args.ledger_dir}: cannot write the ledger here: {error}\n")
        return _USAGE
    uvloop.run(_serve(provider, sock))
    return 0


def _check(config: Provider, source: str) -> None:
    """Refuse names that no file has, before the first request finds out. Raises PlanError."""
    for model, profile in config.models.items():
        if profile.dialect not in requests.names():
            known = ", ".join(requests.names())
            raise PlanError(
                f"{source}: models.{model}.dialect: no dialect {profile.dialect} (known: {known})"
            )
    rules = [(f"models.{model}.faults", rule) for model, at in config.models.items() for rule in at.faults]
    rules += [(f"keys.{key}.faults", rule) for key, at in config.keys.items() for rule in at.faults]
    for place, rule in [*rules, *(("faults", rule) for rule in config.faults)]:
        try:
            notation.check(rule)
        except notation.BadNotation as error:
            raise PlanError(f"{source}: {place}: {error}") from None


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, OverflowError) as error:
        raise _CannotListen(f"cannot listen on {host}:{port}: {error}; give another --host") from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        way_out = "stop what listens there, or give another --port (0 takes a free one)"
        raise _CannotListen(f"cannot listen on {host}:{port}: {error}; {way_out}") from None
    return sock


async def _serve(provider: MockProvider, sock: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        provider.application(), handler_cancellation=True, access_log=None, shutdown_timeout=0.5
    )
    await runner.setup()
    site = web.SockSite(runner, sock, backlog=BACKLOG)
    await site.start()
    gc.freeze()  # what lives as long as the process need not be looked at again
    host, port = sock.getsockname()[:2]
    sys.stdout.write(json.dumps({"ready": True, "host": host, "port": port}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    await site.stop()
    provider.shut_down()
    await runner.cleanup()
