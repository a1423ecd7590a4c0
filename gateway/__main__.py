"""`python -m gateway --upstream URL`: listens, says so in one JSON line, serves until told to stop."""

import asyncio
import errno
import json
import logging
import signal
import sys
from collections.abc import Sequence

import uvloop
from aiohttp import web

from gateway.app import Gateway
from gateway.defects import load
from gateway.options import Options, parse
from gateway.parts import Parts
from harness.sockets import raise_limit

_GRACE_S = 0.5  # for what is open after draining, idle connections mostly
_LONG_LINE = 64 << 10  # prompts travel in the query


def main(argv: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT. 0 afterwards, 4 where it cannot listen."""
    options = parse(argv)
    logging.basicConfig(stream=sys.stderr, format="gateway: %(message)s")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        return loop.run(_serve(options, _parts(options.defects)))


def _parts(defects: Sequence[str]) -> Parts:
    """What the gateway is built from: the correct parts, but for the defects that it was asked to have."""
    parts = Parts()
    for name in defects:
        parts = load(name).apply(parts)
    return parts


async def _serve(options: Options, parts: Parts) -> int:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        """The first signal drains, a second one does not wait."""
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told)
    async with parts.upstream(options.upstream, options.gateway) as upstream:
        try:
            gateway = Gateway(upstream, options, parts)
        except OSError as error:
            sys.stderr.write(f"streamproof gateway: {error}; choose another --store or --log\n")
            return 4
        runner = web.AppRunner(
            gateway.app(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_GRACE_S,
            max_line_size=_LONG_LINE,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, options.host, options.port, backlog=1024).start()
            host, port = runner.addresses[0][:2]
            sys.stdout.write(json.dumps({"ready": True, "host": host, "port": port}) + "\n")
            sys.stdout.flush()
            await stop.wait()
            await gateway.drain(hurry)
        except OSError as error:
            sys.stderr.write(f"streamproof gateway: {_why(error, options)}\n")
            return 4
        finally:
            await runner.cleanup()
    return 0


def _why(error: OSError, options: Options) -> str:
    address = f"{options.host}:{options.port}"
    if error.errno == errno.EADDRINUSE:
        fix = "stop what listens there, or choose another --port (0: any free one)"
        return f"{address} is already in use; {fix}"
    return f"cannot listen on {address}: {error.strerror or error}; check --host and --port"


if __name__ == "__main__":
    raise_limit()
    sys.exit(main(sys.argv[1:]))
