"""Users who lose their connection and come back, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from gateway import answers, generation
from harness.plan.plan import GatewayOptions
from tests.gateway.test_app import DONE, FINISH, TEXT, USAGE, gateway, run
from tests.gateway.upstream_script import HEAD, LAST_CHUNK, Peer, Script, chunk, reset

pytestmark = pytest.mark.slow

FOREVER = GatewayOptions(resume_grace_s=3600)
PATH = "/api/chat/stream?prompt=hi&stream=s1"
OVER = b'data: {"done":true,"finish_reason":"stop","usage":{"input_tokens":3,"output_tokens":1}}\n\n'


def said(*numbers: int) -> bytes:
    return b"".join(f'id: {n}\ndata: {{"content":"wörd😀"}}\n\n'.encode() for n in numbers)


def over(number: int) -> bytes:
    return b"id: %d\n" % number + OVER


class Provider:
    """Says one token, then waits to be told to go on. Counts what it was asked, and who left."""

    def __init__(self) -> None:
        self.asked = 0
        self.go_on, self.gone = asyncio.Event(), asyncio.Event()

    async def __call__(self, peer: Peer) -> None:
        self.asked += 1
        await peer.send(HEAD, chunk(TEXT))
        waiting = [asyncio.ensure_future(wait) for wait in (self.go_on.wait(), peer.left())]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for wait in waiting:
            wait.cancel()
        if self.go_on.is_set():
            await peer.send(chunk(TEXT), chunk(TEXT + FINISH + USAGE + DONE) + LAST_CHUNK)
        else:
            self.gone.set()


class Client:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url, self.session = url, session

    async def get(self, last: int | None = None, path: str = PATH, **headers: str) -> tuple[int, bytes]:
        if last is not None:
            headers["last-event-id"] = str(last)
        async with self.session.get(self.url + path, headers=headers) as response:
            return response.status, await response.read()

    async def leave_after(self, heard: bytes, path: str = PATH) -> None:
        """Ask, hear exactly `heard`, and lose the connection."""
        port = int(self.url.rsplit(":", 1)[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        await reader.readuntil(heard)
        reset(writer)

    async def stop(self, id: str = "s1", **headers: str) -> int:
        address = f"{self.url}/api/chat/stream/stop?stream={id}"
        async with self.session.post(address, headers=headers) as response:
            return response.status


@asynccontextmanager
async def client(script: Script, limits: GatewayOptions = FOREVER) -> AsyncIterator[Client]:
    async with gateway(script, limits) as url, aiohttp.ClientSession() as session:
        yield Client(url, session)


def play(story: Callable[[Client, Provider], Awaitable[None]], limits: GatewayOptions = FOREVER) -> None:
    async def whole() -> None:
        provider = Provider()
        async with client(provider, limits) as user:
            await story(user, provider)

    run(whole())


def test_a_user_who_stays_hears_the_same_and_learns_the_id():
    async def story(user: Client, provider: Provider) -> None:
        provider.go_on.set()
        async with user.session.get(user.url + PATH) as response:
            assert response.headers["X-Stream-Id"] == "s1"
            assert await response.read() == said(1, 2, 3) + over(4)

    play(story)


def test_a_reset_in_mid_answer_goes_on_behind_the_last_event_and_costs_one_generation():
    async def story(user: Client, provider: Provider) -> None:
        await user.leave_after(said(1))
        provider.go_on.set()
        assert await user.get(last=1) == (200, said(2, 3) + over(4))
        assert provider.asked == 1

    play(story)


def test_who_lost_everything_asks_the_same_again_and_hears_it_from_the_beginning():
    async def story(user: Client, provider: Provider) -> None:
        await user.leave_after(said(1))
        provider.go_on.set()
        assert await user.get() == (200, said(1, 2, 3) + over(4))
        assert provider.asked == 1

    play(story)


@pytest.mark.parametrize("last", range(5))
def test_after_its_end_an_answer_is_there_from_any_event_on_and_then_nothing_is_left(last):
    async def story(user: Client, provider: Provider) -> None:
        provider.go_on.set()
        await user.get()
        rest = said(*range(last + 1, 4)) + over(4)
        assert await user.get(last=last) == ((200, rest) if last < 4 else (204, b""))
        assert provider.asked == 1

    play(story)


def test_an_id_that_the_gateway_chose_does_as_well_and_needs_no_prompt():
    async def story(user: Client, provider: Provider) -> None:
        provider.go_on.set()
        async with user.session.get(user.url + "/api/chat/stream?prompt=hi") as response:
            id = response.headers["X-Stream-Id"]
            await response.read()
        assert await user.get(last=2, path=f"/api/chat/stream?stream={id}") == (200, said(3) + over(4))

    play(story)


def test_the_connection_that_was_given_up_for_a_new_one_may_still_be_there():
    async def story(user: Client, provider: Provider) -> None:
        async with user.session.get(user.url + PATH) as old:
            assert await old.content.readany() == said(1)
            new = asyncio.create_task(user.get(last=1))
            provider.go_on.set()
            assert await new == (200, said(2, 3) + over(4))
            assert await old.read() == said(2, 3) + over(4)
        assert provider.asked == 1

    play(story)


def test_without_anybody_who_comes_back_the_provider_is_let_go_when_grace_is_over():
    async def story(user: Client, provider: Provider) -> None:
        await user.leave_after(said(1))
        await provider.gone.wait()
        status, body = await user.get(last=1)
        assert status == 200
        assert json.loads(body.split(b"data: ")[-1])["error"]["type"] == "answer_given_up"
        assert await user.get(last=2) == (204, b"")  # the error was heard

    play(story, GatewayOptions(resume_grace_s=0.05))


def test_who_comes_back_within_grace_ends_it():
    async def story(user: Client, provider: Provider) -> None:
        await user.leave_after(said(1))
        async with user.session.get(user.url + PATH, headers={"last-event-id": "0"}) as back:
            assert await back.content.readany() == said(1)
            await asyncio.sleep(0.5)  # longer than grace: only a timer that was not stopped would tell
            assert not provider.gone.is_set()
            provider.go_on.set()
            assert await back.read() == said(2, 3) + over(4)

    play(story, GatewayOptions(resume_grace_s=0.3))


def test_an_explicit_stop_ends_it_at_once_also_for_who_listens():
    async def story(user: Client, provider: Provider) -> None:
        async with user.session.get(user.url + PATH) as open_one:
            assert await open_one.content.readany() == said(1)
            assert await user.stop() == 204
            await provider.gone.wait()  # grace is an hour: nothing else ends this
            assert b"answer_stopped" in await open_one.read()
        assert await user.get(last=1) == (204, b"")

    play(story)


@pytest.mark.parametrize("id", ["s2", "", "no such"])
def test_what_is_not_known_cannot_be_stopped(id):
    async def story(user: Client, provider: Provider) -> None:
        assert await user.stop(id) == 404

    play(story)


def test_an_answer_belongs_to_the_key_that_began_it():
    async def story(user: Client, provider: Provider) -> None:
        provider.go_on.set()
        mine, other = {"authorization": "Bearer me"}, {"authorization": "Bearer other"}
        await user.get(**mine)
        assert (await user.get(last=1, **other))[0] == 404
        assert (await user.get(**other))[0] == 404
        assert await user.stop(**other) == 404
        assert await user.get(last=3, **mine) == (200, over(4))

    play(story)


@pytest.mark.parametrize(
    ("path", "last", "status", "error"),
    [
        ("/api/chat/stream?prompt=other&stream=s1", 1, 409, "stream_id_taken"),
        ("/api/chat/stream?prompt=hi&stream=s2", 1, 404, "answer_unknown"),
        ("/api/chat/stream?stream=s2", None, 400, "invalid_request"),
        ("/api/chat/stream?prompt=hi&stream=s%202", None, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_resumed_is_said(path, last, status, error):
    async def story(user: Client, provider: Provider) -> None:
        provider.go_on.set()
        await user.get()
        found, body = await user.get(last=last, path=path)
        assert (found, json.loads(body)["error"]["type"]) == (status, error)

    play(story)


def test_a_last_event_that_is_no_number_is_400():
    async def story(user: Client, provider: Provider) -> None:
        assert (await user.get(**{"last-event-id": "x"}))[0] == 400

    play(story)


def test_a_refusal_is_kept_for_nobody_and_asking_again_asks_the_provider_again():
    async def refuse(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")

    async def whole() -> None:
        asked = 0

        async def count(peer: Peer) -> None:
            nonlocal asked
            asked += 1
            await refuse(peer)

        async with client(count) as user:
            assert (await user.get())[0] == 429
            assert (await user.get())[0] == 429
        assert asked == 2

    run(whole())


def test_chunks_and_resuming_go_together_at_any_piece():
    async def story(user: Client, provider: Provider) -> None:
        provider.go_on.set()
        status, body = await user.get()
        assert (status, body.count(b"content"), body.endswith(over(4))) == (200, 2, True)
        assert await user.get(last=2) == (200, said(3) + over(4))

    play(story, GatewayOptions(resume_grace_s=60, flush_ms=60_000))


def test_a_user_who_does_not_read_holds_the_provider_back_and_is_cut_off(monkeypatch):
    monkeypatch.setattr(generation, "_AHEAD", 10)
    flood = chunk(TEXT * 1000)

    async def whole() -> None:
        gone = asyncio.Event()

        async def flow(peer: Peer) -> None:
            await peer.send(HEAD)
            try:
                while True:
                    await peer.send(flood)
            except (ConnectionError, RuntimeError):  # uvloop's word for writing to what has gone
                gone.set()

        async with client(flow, GatewayOptions(idle_s=0.3, resume_grace_s=0.1)) as user:
            port = int(user.url.rsplit(":", 1)[1])
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(f"GET {PATH} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            await gone.wait()
            writer.close()

    run(whole())


def test_an_answer_without_end_is_cut_off_at_what_the_gateway_keeps(monkeypatch):
    monkeypatch.setattr(generation, "MAX_BYTES", 20_000)
    flood = chunk(TEXT * 1000)

    async def whole() -> None:
        async def flow(peer: Peer) -> None:
            await peer.send(HEAD, *[flood] * 10)
            await peer.left()

        async with client(flow) as user:
            status, body = await user.get()
        assert status == 200
        assert body.count(b"content") < 10_000
        assert json.loads(body.split(b"data: ")[-1])["error"]["type"] == "answer_too_long"

    run(whole())


def test_ids_that_the_gateway_chooses_differ():
    assert answers.new_id() != answers.new_id()
    assert answers.valid_id(answers.new_id())
