"""`streamproof mock`: read the arguments, listen, say so, serve until told to stop."""

import argparse
import asyncio
import gc
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import uuid
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web

from harness import clock
from harness.plan.provider import Provider
from harness.plan.reader import PlanError, load_as
from harness.plan.workers import workers_refused
from mock_provider import notation, requests
from mock_provider.house import House
from mock_provider.ledger import Ledger
from mock_provider.link import Link, LocalLink
from mock_provider.remote import RemoteLink
from mock_provider.server import MockProvider
from mock_provider.workers import reserve, supervise

BACKLOG = 2048
ADMIN_VARIABLE = "STREAMPROOF_MOCK_ADMIN_TOKEN"
_USAGE = 4  # exit code: usage, environment or harness error


class _CannotListen(Exception):
    pass


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="streamproof mock",
        description="A model provider that nobody pays for and everybody can break: it answers chat requests "
        "in the dialects of OpenAI (Chat Completions, Responses), Anthropic, Gemini, vLLM, TGI and Ollama "
        "with numbered tokens, at the pace, within the quotas and with the faults that its configuration "
        "names, and writes down what really happened to each request.",
        epilog="Without --config there is one model, mock-chat, answering every dialect on its usual path. "
        "Settings may ride in the model's name: mock-chat+ttft=800+out=50+fault=s1@20. "
        "Health is at /-/health, metrics are at /metrics. docs/mock.md says how to put it behind a gateway.",
    )
    made.add_argument("--config", type=Path, metavar="FILE", help="YAML with models, faults, keys, timeline")
    made.add_argument("--seed", type=int, default=7, help="of all tokens, pacing and faults (default 7)")
    made.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    made.add_argument("--port", type=int, help="port to listen on; 0 takes a free one (default 0)")
    made.add_argument("--workers", type=int, help="processes that share the port (default 1)")
    made.add_argument("--ledger-dir", type=Path, metavar="DIR", help="write ledger-*.jsonl into this folder")
    made.add_argument(
        "--admin-token",
        default=os.environ.get(ADMIN_VARIABLE, ""),
        help=f"demanded by everything under /-/ but health; without one only loopback may ask "
        f"(default ${ADMIN_VARIABLE})",
    )
    made.add_argument("--worker", default="mock-0", help=argparse.SUPPRESS)  # set by the parent of workers
    made.add_argument("--house", type=Path, help=argparse.SUPPRESS)
    made.add_argument("--brief-ledger", type=Path, help=argparse.SUPPRESS)  # rows of ordered streams alone
    return made


def main(argv: list[str]) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code; prints one JSON line when it listens."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as stop:
        return _USAGE if stop.code else 0
    if args.ledger_dir is not None or args.brief_ledger is not None:
        return _run(args)
    # Whoever gives orders for streams may ask what came of them; with the first of them the folder is made.
    args.brief_ledger = Path(tempfile.gettempdir()) / f"mock-ledger-{uuid.uuid4().hex}"
    try:
        return _run(args)
    finally:
        shutil.rmtree(args.brief_ledger, ignore_errors=True)


def _run(args: argparse.Namespace) -> int:
    try:
        config = _configured(args)
        if args.house is None and config.workers > 1:
            serving = _parent(config, args, _hold(config))
        else:
            serving = _serve(config, args, _listen(config, shared=args.house is not None))
        code: int = uvloop.run(serving)
        return code
    except (PlanError, _CannotListen) as error:
        sys.stderr.write(f"{error}\n")
        return _USAGE


def _configured(args: argparse.Namespace) -> Provider:
    """The configuration with what the arguments say instead. Raises PlanError."""
    config = load_as(args.config, Provider) if args.config else Provider()
    _check(config, str(args.config))
    given = {name: getattr(args, name) for name in ("host", "port", "workers")}
    if args.workers is not None and (refused := workers_refused(args.workers, "--workers")):
        raise PlanError(refused)
    if args.ledger_dir is not None:
        try:
            args.ledger_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PlanError(f"{args.ledger_dir}: cannot write the ledger here: {error}") from None
    try:
        return msgspec.structs.replace(
            config, **{name: value for name, value in given.items() if value is not None}
        )
    except ValueError as error:
        raise PlanError(f"--{error}, not {args.port}") from None  # of the three no other can still be wrong


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


def _hold(config: Provider) -> socket.socket:
    """The port for several workers. Raises _CannotListen."""
    try:
        return reserve(config.host, config.port)
    except (OSError, OverflowError) as error:
        raise _cannot_listen(config, error) from None


def _listen(config: Provider, shared: bool) -> socket.socket:
    """A listening socket, `shared` with other workers or not. Raises _CannotListen."""
    address = (config.host, config.port)
    try:
        family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        sock = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, OverflowError) as error:
        raise _cannot_listen(config, error) from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        raise _cannot_listen(config, error) from None
    return sock


def _cannot_listen(config: Provider, error: Exception) -> _CannotListen:
    way_out = "stop what listens there, or give another --port (0 takes a free one) or --host"
    return _CannotListen(f"cannot listen on {config.host}:{config.port}: {error}; {way_out}")


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


def _say_ready(sock: socket.socket) -> None:
    host, port = sock.getsockname()[:2]
    sys.stdout.write(json.dumps({"ready": True, "host": host, "port": port}) + "\n")
    sys.stdout.flush()


def _parent(config: Provider, args: argparse.Namespace, sock: socket.socket) -> Coroutine[Any, Any, int]:
    arguments = ["--seed", str(args.seed)]
    arguments += ["--config", str(args.config)] if args.config else []
    arguments += ["--ledger-dir", str(args.ledger_dir)] if args.ledger_dir else []
    arguments += ["--brief-ledger", str(args.brief_ledger)] if args.brief_ledger else []

    async def run() -> int:
        stop = asyncio.Event()
        _on_signals(stop)
        with sock:
            host, port = sock.getsockname()[:2]
            environment = {**os.environ, ADMIN_VARIABLE: args.admin_token}  # arguments are seen by everybody
            address = (host, port)
            return await supervise(config, arguments, environment, address, stop, lambda: _say_ready(sock))

    return run()


async def _serve(config: Provider, args: argparse.Namespace, sock: socket.socket) -> int:
    stop = asyncio.Event()
    _on_signals(stop)
    link: Link
    if args.house is not None:
        link = RemoteLink(args.worker, args.house, on_lost=stop.set)
        await link.connect()
    else:
        link = LocalLink(House(config, clock.now()))
    ledger = Ledger(args.ledger_dir or args.brief_ledger, args.worker, brief=args.ledger_dir is None)
    provider = MockProvider(config, args.seed, link, ledger, args.worker, args.admin_token)
    runner = web.AppRunner(
        provider.application(), handler_cancellation=True, access_log=None, shutdown_timeout=0.5
    )
    await runner.setup()
    site = web.SockSite(runner, sock, backlog=BACKLOG)
    await site.start()
    gc.freeze()  # what lives as long as the process need not be looked at again
    _say_ready(sock)
    await stop.wait()
    await site.stop()
    provider.shut_down()
    await runner.cleanup()
    if isinstance(link, RemoteLink):
        link.close()
    return 0
