"""The gateway over real sockets, in front of an upstream that follows a script."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import pytest
import uvloop
from aiohttp import web

from gateway.app import Gateway
from gateway.options import Options
from gateway.upstream import Upstream
from harness.plan.plan import GatewayOptions
from tests.gateway.upstream_script import HEAD, LAST_CHUNK, Peer, Script, chunk, reset, upstream

pytestmark = pytest.mark.slow

TEXT = 'data: {"choices":[{"index":0,"delta":{"content":"wörd😀"}}]}\n\n'.encode()
FINISH = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n'
DONE = b"data: [DONE]\n\n"
SAID = 'id: 1\ndata: {"content":"wörd😀"}\n\n'.encode()
OVER = b'data: {"done":true,"finish_reason":"stop","usage":{"input_tokens":3,"output_tokens":1}}\n\n'
HEARTBEAT = b": heartbeat\n\n"
PATIENT = GatewayOptions()
Result = TypeVar("Result")


def run(play: Coroutine[None, None, Result]) -> Result:
    """On uvloop as in production: how a peer's leaving shows is a matter of the loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        return loop.run(asyncio.wait_for(play, 20))


@asynccontextmanager
async def gateway(script: Script, limits: GatewayOptions = PATIENT) -> AsyncIterator[str]:
    """The address of a gateway in front of `script`."""
    async with upstream(script) as provider, gateway_before(provider, limits) as url:
        yield url


@asynccontextmanager
async def gateway_before(provider: str, limits: GatewayOptions = PATIENT) -> AsyncIterator[str]:
    options = Options(upstream=provider, host="127.0.0.1", port=0, model="m", gateway=limits)
    async with Upstream(provider, limits) as up:
        runner = web.AppRunner(Gateway(up, options).app(), handler_cancellation=True, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


class Heard:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def error(self) -> str:
        """Type of the error that is the last event, or the body, of the answer."""
        return json.loads(self.body.split(b"data: ")[-1])["error"]["type"]


def listen(
    script: Script, limits: GatewayOptions = PATIENT, path: str = "/api/chat/stream?prompt=hi", **post: object
) -> Heard:
    """What one client hears, to the end. `post` are the fields of a POST's JSON."""

    async def play() -> Heard:
        async with gateway(script, limits) as url, aiohttp.ClientSession() as session:
            ask = session.post(url + path, json=post) if post else session.get(url + path)
            async with ask as response:
                return Heard(response.status, response.headers, await response.read())

    return run(play())


async def whole(peer: Peer) -> None:
    await peer.send(HEAD, chunk(TEXT), chunk(FINISH + USAGE + DONE) + LAST_CHUNK)


def test_an_answer_arrives_whole_with_usage_and_reason():
    heard = listen(whole)
    assert (heard.status, heard.body) == (200, SAID + OVER)
    assert heard.headers["Content-Type"] == "text/event-stream"
    assert heard.headers["Cache-Control"] == "no-cache"
    assert heard.headers["X-Accel-Buffering"] == "no"


def test_the_upstream_is_asked_what_the_user_asked_with_the_users_key():
    requests = []

    async def script(peer: Peer) -> None:
        requests.append(peer.request)
        await whole(peer)

    async def play() -> None:
        async with gateway(script) as url, aiohttp.ClientSession() as session:
            body = {"prompt": "hi 😀", "model": "other", "max_tokens": 5}
            headers = {"authorization": "Bearer k"}
            async with session.post(f"{url}/api/chat/stream", json=body, headers=headers) as response:
                await response.read()

    run(play())
    head, body = requests[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert b"authorization: bearer k" in head.lower().split(b"\r\n")
    assert json.loads(body) == {
        "model": "other",
        "messages": [{"role": "user", "content": "hi 😀"}],
        "max_tokens": 5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_characters_cut_between_reads_stay_whole():
    async def script(peer: Peer) -> None:
        await peer.send(HEAD, *(chunk(bytes([byte])) for byte in TEXT + FINISH + USAGE + DONE), LAST_CHUNK)

    assert listen(script).body == SAID + OVER


def test_each_token_leaves_before_the_next_one_exists():
    said: asyncio.Queue[None]

    async def script(peer: Peer) -> None:
        await peer.send(HEAD, chunk(TEXT))
        await said.get()
        await peer.send(chunk(TEXT))
        await said.get()
        await peer.send(chunk(FINISH + USAGE + DONE) + LAST_CHUNK)

    async def play() -> bytes:
        nonlocal said
        said = asyncio.Queue()
        async with (
            gateway(script) as url,
            aiohttp.ClientSession() as session,
            session.get(f"{url}/api/chat/stream?prompt=hi") as response,
        ):
            for number in (b"1", b"2"):
                assert await response.content.readany() == SAID.replace(b"1", number)
                said.put_nowait(None)
            return await response.read()

    assert run(play()) == OVER


def test_chunks_hold_back_all_but_the_first_token_and_lose_nothing():
    async def script(peer: Peer) -> None:
        await peer.send(HEAD, *[chunk(TEXT)] * 5, chunk(FINISH + USAGE + DONE) + LAST_CHUNK)

    heard = listen(script, GatewayOptions(flush_ms=60_000))
    rest = 'id: 5\ndata: {"content":"wörd😀wörd😀wörd😀wörd😀"}\n\n'.encode()
    assert heard.body == SAID + rest + OVER


def test_a_chunk_leaves_when_its_time_is_over_though_nothing_else_comes():
    async def script(peer: Peer) -> None:
        await peer.send(HEAD, chunk(TEXT), chunk(TEXT))
        await peer.left()

    async def play() -> bytes:
        async with (
            gateway(script, GatewayOptions(flush_ms=50)) as url,
            aiohttp.ClientSession() as session,
            session.get(f"{url}/api/chat/stream?prompt=hi") as response,
        ):
            return await response.content.readuntil(b"id: 2\n")

    assert run(play()).startswith(SAID)


def test_what_waits_in_a_chunk_still_arrives_before_the_error():
    async def script(peer: Peer) -> None:
        await peer.send(HEAD, chunk(TEXT), chunk(TEXT), LAST_CHUNK)

    heard = listen(script, GatewayOptions(flush_ms=60_000))
    assert heard.body.startswith(SAID + SAID.replace(b"1", b"2"))
    assert heard.error == "upstream_truncated"


async def cut_cleanly(peer: Peer) -> None:
    await peer.send(HEAD, chunk(TEXT) + LAST_CHUNK)


async def cut_by_fin(peer: Peer) -> None:
    await peer.send(HEAD, chunk(TEXT))


async def cut_by_reset(peer: Peer) -> None:
    await peer.send(HEAD, chunk(TEXT))
    await asyncio.sleep(0.1)  # lets the gateway read first: a reset destroys what is unread
    peer.reset()


async def failed(peer: Peer) -> None:
    error = b'data: {"error":{"message":"Engine overloaded","type":"server_error","code":503}}\n\n'
    await peer.send(HEAD, chunk(TEXT), chunk(error + DONE) + LAST_CHUNK)


async def garbled(peer: Peer) -> None:
    await peer.send(HEAD, chunk(TEXT), chunk(b"data: {nonsense}\n\n"))
    await peer.left()


async def bad_chunk_size(peer: Peer) -> None:
    await peer.send(HEAD, chunk(TEXT), b"zz\r\n")
    await peer.left()


async def silent(peer: Peer) -> None:
    await peer.send(HEAD, chunk(TEXT))
    await peer.left()


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (cut_cleanly, "upstream_truncated"),
        (cut_by_fin, "upstream_died"),
        (cut_by_reset, "upstream_died"),
        (failed, "503"),
        (garbled, "upstream_corrupt"),
        (silent, "upstream_stalled"),
    ],
)
def test_an_answer_that_breaks_off_ends_in_an_error_event_and_never_in_done(script, error):
    heard = listen(script, GatewayOptions(idle_s=0.3))
    assert heard.status == 200
    assert heard.body.startswith(SAID)
    assert b"done" not in heard.body
    assert heard.error == error


def test_a_broken_chunk_size_does_not_hang_the_user():
    heard = listen(bad_chunk_size, GatewayOptions(idle_s=0.3))
    assert heard.body.startswith(SAID)
    assert heard.error in ("upstream_died", "upstream_stalled")


def answer(head: bytes, body: bytes = b"") -> Script:
    async def script(peer: Peer) -> None:
        await peer.send(head + b"content-length: %d\r\n\r\n" % len(body) + body)

    return script


async def hang_up(peer: Peer) -> None:
    pass


async def no_head(peer: Peer) -> None:
    await peer.left()


LIMITED = b'{"error":{"message":"Slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}'


@pytest.mark.parametrize("path", ["/api/chat/stream?prompt=hi", "/api/chat?prompt=hi"])
@pytest.mark.parametrize(
    ("script", "status", "error"),
    [
        (
            answer(b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\n", LIMITED),
            429,
            "rate_limit_exceeded",
        ),
        (answer(b"HTTP/1.1 503 Unavailable\r\n"), 502, "upstream_http_503"),
        (answer(b"HTTP/1.1 401 Unauthorized\r\n"), 401, "upstream_http_401"),
        (answer(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n", b"<p>hi"), 502, "upstream_corrupt"),
        (hang_up, 502, "upstream_died"),
        (no_head, 504, "upstream_timeout"),
    ],
)
def test_before_the_head_a_failure_is_an_http_status(path, script, status, error):
    heard = listen(script, GatewayOptions(connect_s=0.2, first_byte_s=0.2), path)
    assert (heard.status, heard.error) == (status, error)
    assert heard.headers.get("Retry-After") == ("7" if status == 429 else None)


def test_an_upstream_that_is_not_there_is_502():
    async def play() -> tuple[int, bytes]:
        async with (
            gateway_before("http://127.0.0.1:1") as url,
            aiohttp.ClientSession() as session,
            session.get(f"{url}/api/chat/stream?prompt=hi") as response,
        ):
            return response.status, await response.read()

    status, body = run(play())
    assert (status, json.loads(body)["error"]["type"]) == (502, "upstream_unreachable")


def test_silence_is_bridged_with_heartbeats_also_when_only_the_upstream_gives_signs_of_life():
    async def script(peer: Peer) -> None:
        await peer.send(HEAD, chunk(TEXT))
        for _ in range(8):
            await asyncio.sleep(0.05)
            await peer.send(chunk(b": busy\n\n"))
        await peer.send(chunk(FINISH + USAGE + DONE) + LAST_CHUNK)

    heard = listen(script, GatewayOptions(heartbeat_s=0.1, idle_s=5))
    beats = heard.body.removeprefix(SAID).removesuffix(OVER)
    assert beats
    assert beats.replace(HEARTBEAT, b"") == b""


def test_a_heartbeat_comes_before_the_first_token_too():
    async def script(peer: Peer) -> None:
        await peer.send(HEAD)
        await asyncio.sleep(0.3)
        await peer.send(chunk(TEXT + FINISH + USAGE + DONE) + LAST_CHUNK)

    assert listen(script, GatewayOptions(heartbeat_s=0.1)).body.startswith(HEARTBEAT)


def test_an_answer_in_one_piece():
    heard = listen(whole, path="/api/chat", prompt="hi")
    assert heard.status == 200
    assert json.loads(heard.body) == {
        "content": "wörd😀",
        "finish_reason": "stop",
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }


def test_an_answer_in_one_piece_that_breaks_off_is_an_http_error():
    heard = listen(cut_cleanly, path="/api/chat?prompt=hi")
    assert (heard.status, heard.error) == (502, "upstream_truncated")


@pytest.mark.parametrize("path", ["/api/chat/stream", "/api/chat?model=m", "/api/chat?prompt=a&max_tokens=b"])
def test_a_question_without_sense_is_400(path):
    heard = listen(hang_up, path=path)
    assert (heard.status, heard.error) == (400, "invalid_request")


POSTS = ["/api/chat/stream", "/api/chat", "/api/chat/structured", "/v1/chat/completions"]


def posted(path: str, body: bytes, **headers: str) -> Heard:
    async def play() -> Heard:
        async with gateway(hang_up) as url, aiohttp.ClientSession() as session:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            async with session.post(url + path, data=io.BytesIO(body), headers=given) as response:
                return Heard(response.status, response.headers, await response.read())

    return run(play())


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_cannot_be_taken_in_is_refused_in_the_words_of_its_api(path):
    """Not in those of the server below, and never as a mistake of the gateway's."""
    coded = posted(path, b"not gzip", content_encoding="gzip")
    assert coded.status == 400
    assert "could not be read" in json.loads(coded.body)["error"]["message"]
    large = posted(path, b"x" * (17 << 20))
    assert large.status == 413
    assert "shorter" in json.loads(large.body)["error"]["message"]


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_nested_without_end_is_400(path):
    heard = posted(path, b'{"prompt":"hi","messages":[],"extra":' + b"[" * 100_000)
    assert heard.status == 400
    assert json.loads(heard.body)["error"]["message"]


def test_a_client_that_wants_to_resume_is_told_that_it_cannot():
    async def play() -> tuple[int, bytes]:
        async with (
            gateway(hang_up) as url,
            aiohttp.ClientSession(headers={"last-event-id": "7"}) as session,
            session.get(f"{url}/api/chat/stream?prompt=hi") as response,
        ):
            return response.status, await response.read()

    status, body = run(play())
    assert (status, json.loads(body)["error"]["type"]) == (501, "cannot_resume")


def test_it_says_that_it_is_healthy():
    assert listen(hang_up, path="/healthz").body == b'{"ok": true}'


def before_head(gone: asyncio.Event, reached: asyncio.Event) -> Script:
    async def script(peer: Peer) -> None:
        reached.set()
        await peer.left()
        gone.set()

    return script


def before_first_token(gone: asyncio.Event, reached: asyncio.Event) -> Script:
    async def script(peer: Peer) -> None:
        await peer.send(HEAD)
        reached.set()
        await peer.left()
        gone.set()

    return script


def in_the_middle(gone: asyncio.Event, reached: asyncio.Event) -> Script:
    async def script(peer: Peer) -> None:
        await peer.send(HEAD, chunk(TEXT))
        reached.set()
        await peer.left()
        gone.set()

    return script


@pytest.mark.parametrize("how", ["fin", "half-close", "reset"])
@pytest.mark.parametrize("path", ["/api/chat/stream", "/api/chat"])
@pytest.mark.parametrize("when", [before_head, before_first_token, in_the_middle])
def test_the_upstream_is_let_go_as_soon_as_the_client_leaves(
    when: Callable[[asyncio.Event, asyncio.Event], Script], path: str, how: str
):
    async def play() -> None:
        gone, reached = asyncio.Event(), asyncio.Event()
        async with gateway(when(gone, reached)) as url:
            port = int(url.rsplit(":", 1)[1])
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET %s?prompt=hi HTTP/1.1\r\nhost: x\r\n\r\n" % path.encode())
            await reached.wait()
            await leave(writer, how)
            await gone.wait()  # the gateway's own limits are a minute: nothing else ends this
            writer.close()

    run(play())


async def leave(writer: asyncio.StreamWriter, how: str) -> None:
    if how == "reset":
        reset(writer)
    elif how == "half-close":
        writer.write_eof()
    else:
        writer.close()


def test_a_client_that_stops_reading_is_cut_off_and_so_is_its_upstream():
    flood = chunk(TEXT * 1000)

    def script(gone: asyncio.Event) -> Callable[[Peer], Awaitable[None]]:
        async def flow(peer: Peer) -> None:
            await peer.send(HEAD)
            try:
                while True:
                    await peer.send(flood)
            except ConnectionError:
                gone.set()

        return flow

    async def play() -> None:
        gone = asyncio.Event()
        async with gateway(script(gone), GatewayOptions(idle_s=0.3)) as url:
            port = int(url.rsplit(":", 1)[1])
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /api/chat/stream?prompt=hi HTTP/1.1\r\nhost: x\r\n\r\n")
            await gone.wait()
            writer.close()

    run(play())


def test_many_streams_at_once_wait_for_no_connection_to_the_upstream():
    count = 150  # above aiohttp's default pool of 100
    all_there: asyncio.Barrier

    async def script(peer: Peer) -> None:
        await all_there.wait()
        await whole(peer)

    async def play() -> list[bytes]:
        nonlocal all_there
        all_there = asyncio.Barrier(count)
        pool = aiohttp.TCPConnector(limit=0)
        async with gateway(script) as url, aiohttp.ClientSession(connector=pool) as session:

            async def ask() -> bytes:
                async with session.get(f"{url}/api/chat/stream?prompt=hi") as response:
                    return await response.read()

            return await asyncio.gather(*(ask() for _ in range(count)))

    assert run(play()) == [SAID + OVER] * count


def test_a_connection_whose_answer_was_whole_serves_again():
    connections = 0

    async def script(peer: Peer) -> None:
        nonlocal connections
        connections += 1
        await whole(peer)
        await peer.next_request()
        await whole(peer)

    async def play() -> list[bytes]:
        async with gateway(script) as url, aiohttp.ClientSession() as session:
            heard = []
            for _ in range(2):
                async with session.get(f"{url}/api/chat/stream?prompt=hi") as response:
                    heard.append(await response.read())
            return heard

    assert run(play()) == [SAID + OVER] * 2
    assert connections == 1
