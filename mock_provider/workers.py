"""The parent of several workers: it holds the house, starts them on one port, stops them together."""

import asyncio
import json
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import clock
from harness.plan.provider import Provider
from mock_provider.house import House
from mock_provider.remote import Coordinator

GRACE_S = 1.5


async def supervise(
    config: Provider,
    arguments: list[str],
    environment: dict[str, str],
    address: tuple[str, int],
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> int:
    """Serve with `config.workers` processes until `stop`; the exit code.

    Each gets `arguments` and `environment`; `ready` is called when all of them listen.
    """
    with tempfile.TemporaryDirectory(prefix="mock-provider-") as folder:
        path = Path(folder) / "house"
        coordinator = await Coordinator(House(config, clock.now()), path).start()
        workers = [
            await _start(number, [*arguments, "--house", str(path)], environment, address)
            for number in range(config.workers)
        ]
        ends = [asyncio.create_task(worker.wait()) for worker in workers]
        stopping = asyncio.create_task(stop.wait())
        code = 0
        try:
            if await _all_ready(workers):
                ready()
                await asyncio.wait([*ends, stopping], return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.wait(ends, timeout=GRACE_S, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                dead = [f"mock-{n} ({end.result()})" for n, end in enumerate(ends) if end.done()]
                sys.stderr.write(f"a worker died, so all stop: {', '.join(dead)}\n")
                code = 4
        finally:
            stopping.cancel()
            await _stop(workers, ends)
            coordinator.close()
    return code


async def _start(
    number: int, arguments: list[str], environment: dict[str, str], address: tuple[str, int]
) -> asyncio.subprocess.Process:
    host, port = address
    place = ["--host", host, "--port", str(port), "--worker", f"mock-{number}"]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mock_provider",
        *arguments,
        *place,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )


async def _all_ready(workers: list[asyncio.subprocess.Process]) -> bool:
    for worker in workers:
        assert worker.stdout is not None
        line = await worker.stdout.readline()
        if not line or not json.loads(line).get("ready"):
            return False
    return True


async def _stop(workers: list[asyncio.subprocess.Process], ends: list[asyncio.Task[int]]) -> None:
    for worker, end in zip(workers, ends, strict=True):
        if not end.done():
            worker.terminate()
    _, slow = await asyncio.wait(ends, timeout=GRACE_S)
    for worker, end in zip(workers, ends, strict=True):
        if end in slow:
            worker.kill()
    await asyncio.gather(*ends)


def reserve(host: str, port: int) -> socket.socket:
    """A socket that holds the port for the workers, who share it by SO_REUSEPORT. Raises OSError.

    It never listens, so that no connection lands on it.
    """
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    # Without SO_REUSEPORT first: another mock that shares its port would otherwise share it with us.
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
    held = socket.socket(family, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((host, port))
    return held
