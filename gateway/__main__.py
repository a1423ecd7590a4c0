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
from gateway.options import Options, parse
from gateway.upstream import Upstream

_GRACE_S = 0.5  # open streams are cut after it: a stop takes well under 2 s
_LONG_LINE = 64 << 10  # prompts travel in the query


def main(argv: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT. 0 afterwards, 4 where it cannot listen."""
    options = parse(argv)
    logging.basicConfig(stream=sys.stderr, format="gateway: %(message)s")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        return loop.run(_serve(options))


async def _serve(options: Options) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Upstream(options.upstream, options.gateway) as upstream:
        try:
            gateway = Gateway(upstream, options)
        except OSError as error:
            sys.stderr.write(f"streamproof gateway: {error}; choose another --store\n")
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
    sys.exit(main(sys.argv[1:]))
