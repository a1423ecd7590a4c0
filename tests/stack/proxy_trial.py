"""Real proxies in front of a scripted upstream: what nginx and HAProxy have to do alike."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import ModuleType

import aiohttp

from tests.gateway.upstream_script import HEAD, LAST_CHUNK, Peer, Script, chunk, upstream

USERS = ["root", "nobody"] if os.geteuid() == 0 else [pwd.getpwuid(os.geteuid()).pw_name]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def folder_of(user: str) -> Iterator[Path]:
    """A folder that `user` may enter and write; pytest's own are closed to all but their maker."""
    path = Path(tempfile.mkdtemp(prefix="streamproof-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(path, user)
        yield path
    finally:
        shutil.rmtree(path)


def command_of(proxy: ModuleType, config: Path, user: str, monkeypatch) -> list[str]:
    if user != "root":
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    return proxy.command(config)


@asynccontextmanager
async def running(proxy: ModuleType, user: str, script: Script, monkeypatch) -> AsyncIterator[int]:
    """The port of a `proxy` that runs as `user` in front of `script`."""
    with folder_of(user) as folder:
        async with upstream(script) as url:
            port = free_port()
            config = folder / "proxy.conf"
            config.write_text(proxy.config(port, ("127.0.0.1", int(url.rsplit(":", 1)[1])), folder))
            owner = user if os.geteuid() == 0 else None
            with monkeypatch.context() as patch:
                command = command_of(proxy, config, user, patch)
            with subprocess.Popen(command, user=owner, cwd=folder) as process:
                try:
                    await listening(port, process)
                    yield port
                finally:
                    process.terminate()
                    process.wait(10)


async def listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    while True:
        assert process.poll() is None, f"{process.args} ended with {process.returncode}"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return


async def passes_each_event_before_the_next_exists(proxy: ModuleType, user: str, monkeypatch) -> None:
    heard: asyncio.Queue[None] = asyncio.Queue()

    async def script(peer: Peer) -> None:
        await peer.send(HEAD)
        for number in range(5):
            await peer.send(chunk(b"data: %d\n\n" % number))
            await heard.get()
        await peer.send(LAST_CHUNK)

    async with (
        running(proxy, user, script, monkeypatch) as port,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/v1/chat/completions", data=b"{}") as response,
    ):
        for number in range(5):
            assert await response.content.readany() == b"data: %d\n\n" % number
            heard.put_nowait(None)
        assert await response.read() == b""


async def lets_the_upstream_go(proxy: ModuleType, user: str, monkeypatch) -> None:
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.send(HEAD, chunk(b"data: 0\n\n"))
        await peer.left()
        gone.set()

    async with running(proxy, user, script, monkeypatch) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        await reader.readuntil(b"data: 0\n\n")
        writer.close()
        await gone.wait()


async def passes_a_truncation_on_as_it_is(proxy: ModuleType, user: str, monkeypatch) -> None:
    async def script(peer: Peer) -> None:
        await peer.send(HEAD, chunk(b"data: 0\n\n") + LAST_CHUNK)

    async with (
        running(proxy, user, script, monkeypatch) as port,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/", data=b"{}") as response,
    ):
        assert await response.read() == b"data: 0\n\n"


async def takes_more_streams_than_its_defaults_would(proxy: ModuleType, user: str, monkeypatch) -> None:
    count = 300  # nginx's default is 512 connections in all, two a stream
    all_there = asyncio.Barrier(count)

    async def script(peer: Peer) -> None:
        await all_there.wait()
        await peer.send(HEAD, chunk(b"data: 0\n\n") + LAST_CHUNK)

    pool = aiohttp.TCPConnector(limit=0)
    async with (
        running(proxy, user, script, monkeypatch) as port,
        aiohttp.ClientSession(connector=pool) as session,
    ):

        async def ask() -> bytes:
            async with session.post(f"http://127.0.0.1:{port}/", data=b"{}") as response:
                return await response.read()

        assert await asyncio.gather(*(ask() for _ in range(count))) == [b"data: 0\n\n"] * count


TRIALS = [
    passes_each_event_before_the_next_exists,
    lets_the_upstream_go,
    passes_a_truncation_on_as_it_is,
    takes_more_streams_than_its_defaults_would,
]
