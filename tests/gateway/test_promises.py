"""What the gateway does beyond passing an answer on, over real sockets: retries, slots, stopping, keeping,
draining, the log and the metrics."""

import asyncio
import json
import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from gateway import app
from gateway.app import Gateway
from gateway.options import Options
from gateway.upstream import Upstream
from harness.plan.plan import GatewayOptions
from tests.gateway.test_app import (
    DONE,
    FINISH,
    HEARTBEAT,
    LIMITED,
    OVER,
    SAID,
    TEXT,
    USAGE,
    answer,
    run,
)
from tests.gateway.upstream_script import HEAD, LAST_CHUNK, Peer, Script, chunk, upstream

pytestmark = pytest.mark.slow

CLOSING = HEAD.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")  # serves one answer
ASK = "/api/chat/stream?prompt=%5Bsid:000042%5D%20hi"
FOREVER_S = 3600.0


async def whole(peer: Peer) -> None:
    await peer.send(CLOSING, chunk(TEXT), chunk(FINISH + USAGE + DONE) + LAST_CHUNK)


class System:
    """A gateway in front of a script, a user before it, and what can be read of it afterwards."""

    def __init__(self, url: str, session: aiohttp.ClientSession, gateway: Gateway, log: Path | None) -> None:
        self.url, self.session, self.gateway, self._log = url, session, gateway, log

    async def get(self, path: str = ASK, **headers: str) -> tuple[int, bytes]:
        async with self.session.get(self.url + path, headers=headers) as response:
            return response.status, await response.read()

    @asynccontextmanager
    async def stream(self, path: str = ASK) -> AsyncIterator[aiohttp.ClientResponse]:
        async with self.session.get(self.url + path) as response:
            yield response

    async def stop(self, id: str) -> int:
        async with self.session.post(f"{self.url}/api/chat/stream/stop?stream={id}") as response:
            return response.status

    async def kept(self, id: str) -> dict[str, object]:
        return json.loads((await self.get(f"/api/chat/kept?stream={id}"))[1])

    async def metric(self, name: str) -> float:
        _, text = await self.get("/metrics")
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in text.decode().splitlines() if line.startswith(name)
        )

    async def settled(self, name: str, value: float) -> None:
        """Wait until a metric has this value. The test's own limit ends it otherwise."""
        while await self.metric(name) != value:
            await asyncio.sleep(0.01)

    async def lines(self, count: int) -> list[dict[str, object]]:
        """The log, once it has so many lines."""
        assert self._log is not None
        while len(found := self._log.read_text(encoding="utf-8").splitlines()) < count:
            await asyncio.sleep(0.01)
        return [json.loads(line) for line in found]


def play(
    script: Script,
    story: Callable[[System], Awaitable[None]],
    limits: GatewayOptions | None = None,
    log: Path | None = None,
) -> None:
    async def whole_story() -> None:
        given = limits or GatewayOptions()
        async with upstream(script) as provider, Upstream(provider, given) as up:
            options = Options(
                upstream=provider, host="", port=0, model="m", log=str(log or ""), gateway=given
            )
            gateway = Gateway(up, options)
            runner = web.AppRunner(gateway.app(), handler_cancellation=True, shutdown_timeout=0.5)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            try:
                async with aiohttp.ClientSession() as session:
                    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
                    await story(System(url, session, gateway, log))
            finally:
                await runner.cleanup()

    run(whole_story())


class Turns:
    """A provider that plays one script after the other, the last one from then on."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = scripts
        self.asked = 0

    async def __call__(self, peer: Peer) -> None:
        script = self._scripts[min(self.asked, len(self._scripts) - 1)]
        self.asked += 1
        await script(peer)


class Held:
    """A provider that says one token and then waits until its peer leaves or it may go on."""

    def __init__(self) -> None:
        self.asked = self.gone = 0
        self.go_on, self.left = asyncio.Event(), asyncio.Event()

    async def __call__(self, peer: Peer) -> None:
        self.asked += 1
        await peer.send(CLOSING, chunk(TEXT))
        waits = [asyncio.ensure_future(wait) for wait in (self.go_on.wait(), peer.left())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if self.go_on.is_set():
            await peer.send(chunk(FINISH + USAGE + DONE) + LAST_CHUNK)
        else:
            self.gone += 1
            self.left.set()


async def hang_up(peer: Peer) -> None:
    pass


async def dead_before_the_first_token(peer: Peer) -> None:
    await peer.send(
        HEAD, chunk(b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n')
    )


async def dead_after_the_first_token(peer: Peer) -> None:
    await peer.send(HEAD, chunk(TEXT))


async def overloaded(peer: Peer) -> None:
    error = b'data: {"error":{"message":"Engine overloaded","type":"server_error","code":503}}\n\n'
    await peer.send(HEAD, chunk(error + DONE) + LAST_CHUNK)


def limited(retry_after: bytes) -> Script:
    return answer(
        b"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\nretry-after: %b\r\n" % retry_after, LIMITED
    )


UNAVAILABLE = answer(b"HTTP/1.1 503 Unavailable\r\nconnection: close\r\nretry-after: 7\r\n")
TWICE = GatewayOptions(retries=2)


@pytest.mark.parametrize(
    "failing",
    [hang_up, dead_before_the_first_token, overloaded, limited(b"0"), answer(b"HTTP/1.1 500 Oh\r\n")],
)
def test_a_failure_that_passes_before_the_first_token_is_not_the_users(failing, tmp_path):
    provider = Turns(failing, whole)

    async def story(system: System) -> None:
        assert await system.get() == (200, SAID + OVER)
        [line] = await system.lines(1)
        assert (line["outcome"], line["attempts"], provider.asked) == ("completed", 2, 2)

    play(provider, story, TWICE, tmp_path / "log")


def test_after_the_first_token_nothing_is_said_twice():
    provider = Turns(dead_after_the_first_token, whole)

    async def story(system: System) -> None:
        status, body = await system.get()
        assert (status, body.count(b"content"), provider.asked) == (200, 1, 1)
        assert b"upstream_died" in body

    play(provider, story, TWICE)


def test_attempts_are_bounded_and_the_last_failure_is_told():
    provider = Turns(limited(b"0"))

    async def story(system: System) -> None:
        async with system.stream() as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "0")
        assert provider.asked == 3

    play(provider, story, TWICE)


def test_a_wait_of_many_seconds_is_the_users():
    provider = Turns(UNAVAILABLE)

    async def story(system: System) -> None:
        async with system.stream() as response:
            assert (response.status, response.headers["Retry-After"]) == (502, "7")
        assert provider.asked == 1

    play(provider, story, TWICE)


def test_who_leaves_between_two_attempts_ends_them():
    provider = Turns(limited(b"1"), whole)

    async def story(system: System) -> None:
        asking = asyncio.create_task(system.get())
        while not provider.asked:
            await asyncio.sleep(0.01)
        asking.cancel()
        await system.settled("gateway_streams_open", 0)
        await asyncio.sleep(1.3)  # when the second attempt would have been
        assert provider.asked == 1

    play(provider, story, TWICE)


def test_pings_do_not_put_off_the_limit_for_the_first_token():
    async def pings(peer: Peer) -> None:
        await peer.send(HEAD)
        while True:
            await peer.send(chunk(b": ping\n\n"))
            await asyncio.sleep(0.05)

    async def story(system: System) -> None:
        status, body = await system.get()
        assert (status, b"no first token in time" in body) == (200, True)

    play(pings, story, GatewayOptions(first_token_s=0.3))


def test_slots_are_bounded_and_so_is_the_queue_for_them(tmp_path):
    provider = Held()

    async def story(system: System) -> None:
        first = asyncio.create_task(system.get())
        await system.settled("gateway_streams_open", 1)
        second = asyncio.create_task(system.get())
        await system.settled("gateway_queue", 1)
        async with system.stream() as third:
            assert (third.status, third.headers["Retry-After"]) == (503, "60")
            assert b"gateway_busy" in await third.read()
        assert provider.asked == 1
        provider.go_on.set()
        assert await first == await second == (200, SAID + OVER)
        lines = await system.lines(3)
        assert [line["status"] for line in lines] == [503, 200, 200]
        assert [line["attempts"] for line in lines] == [0, 1, 1]
        assert lines[1]["queued_ms"] == 0
        assert lines[2]["queued_ms"] > 0

    play(provider, story, GatewayOptions(concurrency=1, queue=1, queue_s=60), tmp_path / "log")


@pytest.mark.parametrize("path", [ASK, "/api/chat?prompt=hi"])
def test_a_slot_is_free_as_soon_as_its_user_has_left_also_from_the_queue(path):
    provider = Held()

    async def story(system: System) -> None:
        first = asyncio.create_task(system.get(path))
        while not provider.asked:
            await asyncio.sleep(0.01)
        second = asyncio.create_task(system.get(path))
        await system.settled("gateway_queue", 1)
        second.cancel()
        await system.settled("gateway_queue", 0)
        first.cancel()
        await provider.left.wait()
        provider.go_on.set()
        assert (await system.get(path))[0] == 200
        assert provider.asked == 2

    play(provider, story, GatewayOptions(concurrency=1, queue=1, queue_s=FOREVER_S))


def test_what_was_heard_before_a_user_left_is_kept():
    provider = Held()

    async def story(system: System) -> None:
        async with system.stream(ASK + "&stream=s1") as response:
            assert await response.content.readany() == SAID
            assert (await system.kept("s1"))["outcome"] == "under_way"
        await provider.left.wait()
        while (kept := await system.kept("s1"))["outcome"] == "under_way":
            await asyncio.sleep(0.01)
        assert (kept["content"], kept["outcome"]) == ("wörd😀", "client_left")

    play(provider, story)


def test_what_is_kept_belongs_to_its_key():
    async def story(system: System) -> None:
        await system.get(ASK + "&stream=s1", authorization="Bearer me")
        assert (await system.get("/api/chat/kept?stream=s1", authorization="Bearer me"))[0] == 200
        assert (await system.get("/api/chat/kept?stream=s1"))[0] == 404
        assert (await system.get("/api/chat/kept?stream=s2"))[0] == 404
        assert (await system.get(ASK + "&stream=s1", authorization="Bearer other"))[0] == 404
        assert (await system.get(ASK + "&stream=s1", authorization="Bearer me")) == (200, SAID + OVER)

    play(whole, story)


@pytest.mark.parametrize(("pause", "refused"), [(True, ""), (False, "wörd😀"), (False, "")])
def test_what_must_be_cleared_first_is_on_no_other_way_either(pause, refused):
    provider = Held()

    async def story(system: System) -> None:
        asking = asyncio.create_task(system.get("/api/chat/moderated?prompt=hi&stream=s1"))
        while not provider.asked:
            await asyncio.sleep(0.01)
        if not pause:
            provider.go_on.set()
            await asking
        for path in ("/api/chat/stream?stream=s1", "/api/chat/stream?prompt=hi&stream=s1"):
            assert (await system.get(path))[0] == 404
        told = (await system.kept("s1"))["content"]
        assert told == ("" if pause or refused else "wörd😀")
        provider.go_on.set()
        assert ("wörd😀".encode() in (await asking)[1]) == (not refused)

    play(provider, story, GatewayOptions(resume_grace_s=60, refused_words=refused))


@pytest.mark.parametrize("path", [ASK, "/api/chat?prompt=hi"])
def test_the_stop_button_ends_the_answer_and_keeps_it_without_resuming_too(path, tmp_path):
    provider = Held()

    async def story(system: System) -> None:
        asking = asyncio.create_task(system.get(path + "&stream=s1"))
        while not (await system.metric("gateway_streams_open") and provider.asked):
            await asyncio.sleep(0.01)
        while (await system.kept("s1")).get("content") != "wörd😀":
            await asyncio.sleep(0.01)
        assert await system.stop("s1") == 204
        await provider.left.wait()
        status, body = await asking
        assert (status, b"answer_stopped" in body) == (200 if path == ASK else 410, True)
        assert (await system.kept("s1"))["outcome"] == "stopped"
        assert (await system.lines(1))[0]["outcome"] == "stopped"

    play(provider, story, log=tmp_path / "log")


def test_the_log_and_the_metrics_tell_the_same_of_every_ending(tmp_path):
    provider = Turns(whole, dead_after_the_first_token, limited(b"9"))

    async def story(system: System) -> None:
        await system.get(ASK + "&stream=s1&model=other")
        await system.get()
        await system.get()
        await system.get("/api/chat?prompt=")
        await system.get("/api/chat")
        lines = await system.lines(5)
        assert [line["outcome"] for line in lines] == [
            "completed", "upstream_died", "rate_limit_exceeded", "rate_limit_exceeded", "invalid_request",
        ]  # fmt: skip
        assert [line["status"] for line in lines] == [200, 200, 429, 429, 400]
        assert [line["tokens"] for line in lines] == [1, 1, 0, 0, 0]
        first = lines[0]
        assert (first["stream"], first["sid"], first["model"]) == ("s1", 42, "other")
        assert (first["endpoint"], first["input_tokens"]) == ("stream", 3)
        assert 0 < first["ttft_ms"] <= first["total_ms"]
        assert lines[4]["sid"] is None
        assert await system.metric("gateway_streams_total") == 5
        assert await system.metric('gateway_streams_total{endpoint="stream",outcome="completed"}') == 1
        assert await system.metric("gateway_ttft_seconds_count") == 2
        assert await system.metric("gateway_tokens_total") == 2
        assert await system.metric("gateway_streams_open") == 0

    play(provider, story, log=tmp_path / "log")


def test_a_body_that_is_too_large_stands_in_the_log_too(tmp_path, monkeypatch):
    monkeypatch.setattr(app, "_MAX_BODY", 1000)

    async def story(system: System) -> None:
        async with system.session.post(f"{system.url}/api/chat", json={"prompt": "x" * 1001}) as response:
            assert response.status == 413
        [line] = await system.lines(1)
        assert (line["status"], line["outcome"]) == (413, "invalid_request")

    play(whole, story, log=tmp_path / "log")


def test_neither_prompts_nor_keys_are_in_the_log(tmp_path):
    async def story(system: System) -> None:
        await system.get("/api/chat/stream?prompt=my-secret-question", authorization="Bearer my-secret-key")
        await system.lines(1)
        assert "secret" not in (tmp_path / "log").read_text(encoding="utf-8")

    play(whole, story, log=tmp_path / "log")


def test_draining_refuses_new_questions_and_lets_open_streams_finish():
    provider = Held()

    async def story(system: System) -> None:
        asking = asyncio.create_task(system.get())
        while not provider.asked:
            await asyncio.sleep(0.01)
        draining = asyncio.create_task(system.gateway.drain(asyncio.Event()))
        await asyncio.sleep(0)
        assert (await system.get("/healthz"))[0] == 503
        async with system.stream() as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert not draining.done()
        provider.go_on.set()
        await draining
        assert await asking == (200, SAID + OVER)
        assert provider.asked == 1

    play(provider, story, GatewayOptions(drain_s=FOREVER_S))


def test_what_does_not_finish_while_draining_is_cut_aloud():
    provider = Held()

    async def story(system: System) -> None:
        asking = asyncio.create_task(system.get(ASK + "&stream=s1"))
        while not provider.asked:
            await asyncio.sleep(0.01)
        await system.gateway.drain(asyncio.Event())
        status, body = await asking
        assert (status, b"gateway_stopped" in body, b"done" in body) == (200, True, False)
        await provider.left.wait()

    play(provider, story, GatewayOptions(drain_s=0.1))


@pytest.mark.parametrize("compress", [False, True])
def test_compression_flushes_with_every_event_and_is_off_by_default(compress):
    provider = Held()

    async def story(system: System) -> None:
        headers = {"accept-encoding": "gzip"}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as raw,
            raw.get(system.url + ASK, headers=headers) as response,
        ):
            assert response.headers.get("Content-Encoding") == ("gzip" if compress else None)
            first = await response.content.readany()
            provider.go_on.set()
            rest = await response.read()
        if compress:
            reader = zlib.decompressobj(31)
            first, rest = reader.decompress(first), reader.decompress(rest)
            assert reader.eof
        assert (first, rest) == (SAID, OVER)

    play(provider, story, GatewayOptions(compress=True) if compress else None)


def test_the_header_for_nginx_can_be_left_out():
    async def story(system: System) -> None:
        async with system.stream() as response:
            assert "X-Accel-Buffering" not in response.headers

    play(whole, story, GatewayOptions(no_accel_header=True))


def test_a_user_who_stops_reading_holds_nobody_else_up():
    flood = chunk(TEXT * 1000)
    flooding = True

    async def script(peer: Peer) -> None:
        if b"flood" not in peer.request:
            await whole(peer)
            return
        await peer.send(HEAD)
        try:
            while flooding:
                await peer.send(flood)
        except (ConnectionError, RuntimeError):
            pass

    async def story(system: System) -> None:
        nonlocal flooding
        port = int(system.url.rsplit(":", 1)[1])
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /api/chat/stream?prompt=flood HTTP/1.1\r\nhost: x\r\n\r\n")
        try:
            await system.settled("gateway_streams_open", 1)
            for _ in range(20):
                assert await system.get() == (200, SAID + OVER)
        finally:
            writer.close()
            flooding = False

    play(script, story)


# The provider's own words, in each dialect, for one text, "wörd😀", 3 tokens in and 1 out.
ANTHROPIC = "".join(
    f"event: {json.loads(data)['type']}\ndata: {data}\n\n"
    for data in (
        '{"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}}',
        '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        '{"type":"ping"}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"wörd😀"}}',
        '{"type":"content_block_stop","index":0}',
        '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}',
        '{"type":"message_stop"}',
    )
).encode()
VLLM = (
    'data: {"choices":[{"index":0,"delta":{"content":"wörd😀"},"finish_reason":"stop"}]}\n\n'.encode()
    + USAGE
    + DONE
)
TGI = (
    'data: {"index":1,"token":{"id":1,"text":"wörd😀","special":false},"generated_text":"wörd😀",'
    '"details":{"finish_reason":"eos_token","generated_tokens":1,"input_length":3}}\n\n'
).encode()


@pytest.mark.parametrize(
    ("dialect", "said", "path", "key"),
    [
        ("openai", TEXT + FINISH + USAGE + DONE, b"/v1/chat/completions", b"authorization: bearer k"),
        ("anthropic", ANTHROPIC, b"/v1/messages", b"x-api-key: k"),
        ("vllm", VLLM, b"/v1/chat/completions", b"authorization: bearer k"),
        ("tgi", TGI, b"/generate_stream", b"authorization: bearer k"),
    ],
)
def test_every_upstream_becomes_the_same_stream(dialect, said, path, key):
    requests = []

    async def script(peer: Peer) -> None:
        requests.append(peer.request)
        await peer.send(HEAD, chunk(said) + LAST_CHUNK)

    async def story(system: System) -> None:
        assert await system.get(authorization="Bearer k") == (200, SAID + OVER)
        head = requests[0].split(b"\r\n\r\n")[0].split(b"\r\n")
        assert head[0] == b"POST %b HTTP/1.1" % path
        assert key in [line.lower() for line in head]

    play(script, story, GatewayOptions(upstream_dialect=dialect))


def test_an_error_in_another_dialect_keeps_its_words():
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    script = answer(b"HTTP/1.1 529 Overloaded\r\nretry-after: 4\r\n", body)

    async def story(system: System) -> None:
        async with system.stream() as response:
            assert (response.status, response.headers["Retry-After"]) == (502, "4")
            assert (await response.json())["error"] == {"type": "overloaded_error", "message": "Overloaded"}

    play(script, story, GatewayOptions(upstream_dialect="anthropic"))


def test_heartbeats_go_on_before_the_first_token_and_nothing_else_does():
    async def script(peer: Peer) -> None:
        await peer.send(HEAD)
        await peer.left()

    async def story(system: System) -> None:
        async with system.stream() as response:
            heard = await response.content.readexactly(3 * len(HEARTBEAT))
            assert re.fullmatch(b"(: heartbeat\n\n){3}", heard)

    play(script, story, GatewayOptions(heartbeat_s=0.05))
