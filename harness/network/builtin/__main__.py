"""`python -m harness.network.builtin`: serve until SIGINT or SIGTERM."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from harness.network.builtin.api import Api
from harness.network.builtin.collection import Collection


def main() -> None:
    options = _parser().parse_args()
    try:
        uvloop.run(serve(options))
    except OSError as error:
        sys.exit(f"the network proxy cannot serve at {options.host}:{options.port}: {error.strerror}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.network.builtin", description=__doc__)
    parser.add_argument("-host", "--host", default="127.0.0.1", help="address of the API")
    parser.add_argument("-port", "--port", type=int, default=8474, help="port of the API")
    parser.add_argument("-seed", "--seed", type=int, help="of all chance; without it, a new one")
    parser.add_argument("--log", type=Path, help="file to which each connection's truth is appended")
    for name in ("runtime-metrics", "proxy-metrics"):
        parser.add_argument(f"-{name}", f"--{name}", action="store_true", help="serve /metrics")
    return parser


async def serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    log_file = options.log.open("a", buffering=1) if options.log else None

    def log(truth: dict[str, Any]) -> None:
        if log_file is not None:
            log_file.write(json.dumps(truth) + "\n")

    proxies = Collection(loop, options.seed, log)
    api = Api(proxies, options.runtime_metrics or options.proxy_metrics)
    runner = web.ServerRunner(web.Server(api.handle, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, options.host, options.port).start()
        await stop.wait()
    finally:
        proxies.close()
        await runner.cleanup()
        if log_file is not None:
            log_file.close()


if __name__ == "__main__":
    main()
