"""What each endpoint lets its users hear, over real sockets, in front of a scripted upstream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest

from harness.dialects.dialect import Reply
from harness.dialects.openai import DIALECT as OPENAI
from harness.plan.plan import GatewayOptions
from tests.gateway.test_app import DONE, FINISH, HEARTBEAT, LIMITED, OVER, USAGE, answer, gateway, run
from tests.gateway.test_promises import System, Turns, play
from tests.gateway.upstream_script import HEAD, LAST_CHUNK, Peer, Script, chunk

pytestmark = pytest.mark.slow

CHAT = {"messages": [{"role": "user", "content": "hi"}]}
ENDPOINTS: list[tuple[str, dict[str, Any]]] = [
    ("/api/chat/stream?shape=accumulated", {"prompt": "hi"}),
    ("/api/chat/accumulated", {"prompt": "hi"}),
    ("/api/chat/moderated", {"prompt": "hi"}),
    ("/api/chat/structured", {"prompt": "hi", "pattern": "raw"}),
    ("/api/chat/structured", {"prompt": "hi", "pattern": "fields"}),
    ("/api/chat/structured", {"prompt": "hi", "pattern": "events"}),
    ("/v1/chat/completions", {**CHAT, "stream": True}),
    ("/v1/chat/completions", CHAT),
]
ONCE = HEAD.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")  # the next question has its own connection
ENDING = chunk(FINISH + USAGE + DONE) + LAST_CHUNK


def text(piece: str) -> bytes:
    return chunk(b'data: {"choices":[{"index":0,"delta":{"content":%b}}]}\n\n' % json.dumps(piece).encode())


def saying(*pieces: str) -> Script:
    async def script(peer: Peer) -> None:
        await peer.send(HEAD, *map(text, pieces), ENDING)

    return script


async def ask(url: str, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as session, session.post(url + path, json=body) as response:
        return response.status, await response.read()


def hear(script: Script, path: str, body: dict[str, Any], **limits: Any) -> tuple[int, bytes]:
    async def play() -> tuple[int, bytes]:
        async with gateway(script, GatewayOptions(**limits)) as url:
            return await ask(url, path, body)

    return run(play())


@pytest.mark.parametrize(("path", "body"), ENDPOINTS)
def test_whoever_leaves_in_mid_answer_lets_the_provider_go(path: str, body: dict[str, Any]):
    async def play() -> None:
        said, gone = asyncio.Event(), asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.send(HEAD, text('{"a":1,"b'))
            said.set()
            await peer.left()
            gone.set()

        async with gateway(script) as url, aiohttp.ClientSession() as session:
            asking = asyncio.create_task(session.post(url + path, json=body))
            await said.wait()
            if asking.done():
                asking.result().close()
            asking.cancel()
            await session.close()
            await gone.wait()

    run(play())


async def breaking_off(peer: Peer) -> None:
    await peer.send(HEAD, text('{"a":1,"b'), LAST_CHUNK)


@pytest.mark.parametrize(("path", "body"), ENDPOINTS[:-1])
def test_an_answer_that_breaks_off_ends_in_an_error_event_at_every_endpoint(path: str, body: dict[str, Any]):
    status, heard = hear(breaking_off, path, body)
    last = json.loads(heard.split(b"data: ")[-1])
    assert status == 200
    assert "upstream_truncated" in (last["error"].get("code"), last["error"]["type"])
    assert b"done" not in heard
    assert b"[DONE]" not in heard
    if "moderated" in path:
        assert heard.count(b"data: ") == 1  # what there was of it had not been cleared


def test_an_answer_in_one_piece_that_breaks_off_is_an_error_in_openais_shape():
    status, heard = hear(breaking_off, "/v1/chat/completions", CHAT)
    assert (status, json.loads(heard)["error"]["code"]) == (502, "upstream_truncated")


@pytest.mark.parametrize(("path", "body"), ENDPOINTS)
def test_a_refusal_of_the_provider_is_an_honest_status_at_every_endpoint(path: str, body: dict[str, Any]):
    refusing = answer(b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\n", LIMITED)
    status, heard = hear(refusing, path, body)
    error = json.loads(heard)["error"]
    assert (status, error["message"]) == (429, "Slow down")
    assert "rate_limit_exceeded" in (error["type"], error.get("code"))


def test_accumulated_events_hold_all_of_the_text_so_far():
    _, heard = hear(saying("He", "llo"), "/api/chat/accumulated", {"prompt": "hi"})
    ending = OVER.replace(b"{", b'{"content":"Hello",', 1)
    assert heard == b'id: 1\ndata: {"content":"He"}\n\nid: 2\ndata: {"content":"Hello"}\n\n' + ending


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/api/chat/stream?shape=upside-down", {"prompt": "hi"}, "delta and accumulated"),
        ("/api/chat/structured", {"prompt": "hi", "pattern": "halves"}, "halves"),
        ("/api/chat/structured", {"prompt": "hi", "schema": "none"}, "schema"),
        ("/v1/chat/completions", {"messages": []}, "at least one message"),
    ],
)
def test_a_wish_without_sense_is_400_and_says_what_makes_sense(path: str, body: dict[str, Any], why: str):
    status, heard = hear(saying("x"), path, body)
    assert status == 400
    assert why in json.loads(heard)["error"]["message"]


@pytest.mark.parametrize("path", ["/api/chat/accumulated", "/api/chat/moderated"])
def test_what_cannot_be_gone_on_with_says_so(path: str):
    async def story(system: System) -> None:
        assert (await system.get(f"{path}?prompt=hi", **{"last-event-id": "1"}))[0] == 501

    play(saying("x"), story)


def test_a_completed_value_leaves_before_the_rest_of_the_answer_exists():
    async def play() -> bytes:
        heard = asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.send(HEAD, text('{"a":1,"b":"hal'))
            await heard.wait()
            await peer.send(text('f"}'), ENDING)

        body = {"prompt": "hi", "pattern": "events"}
        async with (
            gateway(script) as url,
            aiohttp.ClientSession() as session,
            session.post(f"{url}/api/chat/structured", json=body) as response,
        ):
            first = await response.content.readuntil(b"\n\n")
            assert first == b'data: {"field":{"path":"/a","value":1}}\n\n'
            heard.set()
            return await response.read()

    assert run(play()) == b'data: {"field":{"path":"/b","value":"half"}}\n\n' + OVER


def test_a_text_that_is_no_json_is_said_at_once_and_the_provider_let_go(tmp_path: Path):
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.send(HEAD, text('{"a":1,'), text("and so on"))
        await peer.left()
        gone.set()

    async def story(system: System) -> None:
        body = {"prompt": "hi", "pattern": "events"}
        _, heard = await ask(system.url, "/api/chat/structured", body)
        first, last = heard.strip().split(b"\n\n")
        assert first == b'data: {"field":{"path":"/a","value":1}}'
        assert json.loads(last.removeprefix(b"data: "))["error"]["type"] == "answer_not_json"
        await gone.wait()
        (line,) = await system.lines(1)
        assert (line["outcome"], line["status"]) == ("answer_not_json", 200)

    play(script, story, log=tmp_path / "log")


def test_the_schema_goes_to_the_provider():
    requests = []

    async def script(peer: Peer) -> None:
        requests.append(json.loads(peer.request.split(b"\r\n\r\n", 1)[1]))
        await saying("{}")(peer)

    schema = {"type": "object"}
    hear(script, "/api/chat/structured", {"prompt": "hi", "pattern": "fields", "schema": schema})
    assert requests[0]["response_format"]["json_schema"]["schema"] == schema


def test_until_it_is_cleared_users_hear_heartbeats_and_nothing_of_the_answer(tmp_path: Path):
    beaten = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.send(HEAD, text("a red "))
        await beaten.wait()
        await peer.send(text("rose"), ENDING)

    async def story(system: System) -> None:
        async with system.stream("/api/chat/moderated?prompt=hi") as response:
            assert await response.content.readuntil(b"\n\n") == HEARTBEAT
            beaten.set()
            heard = (await response.read()).replace(HEARTBEAT, b"")
        assert heard == b'id: 1\ndata: {"content":"a red "}\n\nid: 2\ndata: {"content":"rose"}\n\n' + OVER
        (line,) = await system.lines(1)
        assert (line["outcome"], line["tokens"]) == ("completed", 1)

    play(script, story, GatewayOptions(heartbeat_s=0.05), tmp_path / "log")


def test_a_refused_answer_is_an_event_and_no_word_of_it(tmp_path: Path):
    async def story(system: System) -> None:
        _, heard = await system.get("/api/chat/moderated?prompt=hi")
        assert json.loads(heard.removeprefix(b"data: "))["error"]["type"] == "answer_refused"
        assert b"rose" not in heard
        (line,) = await system.lines(1)
        assert (line["outcome"], line["ttft_ms"], line["tokens"]) == ("answer_refused", None, 0)

    play(saying("a r", "ed rose"), story, GatewayOptions(refused_words="red"), tmp_path / "log")


def calling(name: str, arguments: str) -> Script:
    """An answer that is a call of a tool."""
    say = OPENAI.encoder(Reply(id="x", model="m", created_s=0))
    call = chunk(say.tool_open(0, "p1", name)) + chunk(say.tool_fragment(0, arguments))
    finish = FINISH.replace(b"stop", b"tool_calls")

    async def script(peer: Peer) -> None:
        await peer.send(ONCE, call, chunk(finish + USAGE + DONE) + LAST_CHUNK)

    return script


class Recorded:
    """A provider that plays one script after the other and remembers what it was asked."""

    def __init__(self, *scripts: Script) -> None:
        self._turns = Turns(*scripts)
        self.bodies: list[Any] = []

    async def __call__(self, peer: Peer) -> None:
        self.bodies.append(json.loads(peer.request.split(b"\r\n\r\n", 1)[1]))
        await self._turns(peer)


TWICE = b'"usage":{"input_tokens":6,"output_tokens":2}'


@pytest.mark.parametrize(
    ("policy", "between"),
    [
        ("hidden", b""),
        ("annotated", b'id: 1\ndata: {"note":"calling","tool":"calculate"}\n\n'),
        (
            "shown",
            b'id: 1\ndata: {"tool_call":{"id":"call_1","name":"calculate",'
            b'"arguments":"{\\"expression\\":\\"6*7\\"}"}}\n\n'
            b'id: 2\ndata: {"tool_result":{"id":"call_1","name":"calculate","content":"42"}}\n\n',
        ),
    ],
)
def test_tools_run_here_and_users_hear_of_them_as_the_policy_has_it(policy: Any, between: bytes):
    provider = Recorded(calling("calculate", '{"expression":"6*7"}'), saying("It is 42."))
    _, heard = hear(provider, "/api/chat/stream", {"prompt": "hi"}, tools=policy, offer_tools="calculate")
    number = between.count(b"id: ") + 1
    text = b'id: %d\ndata: {"content":"It is 42."}\n\n' % number
    assert heard == between + text + OVER.replace(OVER[OVER.index(b'"usage"') : -3], TWICE)
    first, second = provider.bodies
    assert [tool["function"]["name"] for tool in first["tools"]] == ["calculate"]
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "tool"]
    assert second["messages"][-1] == {"role": "tool", "tool_call_id": "call_1", "content": "42"}


def test_a_model_that_only_calls_tools_ends_in_an_error():
    provider = Recorded(calling("calculate", "{}"))
    _, heard = hear(provider, "/api/chat/stream", {"prompt": "hi"}, tool_rounds=2)
    assert json.loads(heard.removeprefix(b"data: "))["error"]["type"] == "too_many_tool_rounds"
    assert len(provider.bodies) == 3


def test_whoever_leaves_while_a_tool_runs_is_not_asked_for_again():
    async def play() -> None:
        asked, gone = asyncio.Event(), asyncio.Event()

        async def waiting(peer: Peer) -> None:
            asked.set()
            await peer.left()
            gone.set()

        provider = Turns(calling("calculate", "{}"), waiting)
        async with gateway(provider) as url, aiohttp.ClientSession() as session:
            asking = asyncio.create_task(session.post(f"{url}/api/chat", json={"prompt": "hi"}))
            await asked.wait()
            asking.cancel()
            await gone.wait()

    run(play())


@asynccontextmanager
async def sdk(script: Script) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own client, as the judge of what we say in its words."""
    async with (
        gateway(script) as url,
        openai.AsyncOpenAI(api_key="k", base_url=f"{url}/v1", max_retries=0) as client,
    ):
        yield client


def test_openais_own_client_understands_a_stream():
    async def play() -> None:
        async with sdk(saying("He", "llo")) as client:
            stream = await client.chat.completions.create(
                model="m",
                messages=[{"role": "user", "content": "hi"}],
                stream=True,
                stream_options={"include_usage": True},
            )
            chunks = [chunk async for chunk in stream]
        deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
        assert deltas[0].role == "assistant"
        assert "".join(delta.content or "" for delta in deltas) == "Hello"
        assert chunks[-2].choices[0].finish_reason == "stop"
        assert chunks[-1].usage is not None
        assert chunks[-1].usage.completion_tokens == 1

    run(play())


def test_openais_own_client_understands_a_whole_answer():
    async def play() -> None:
        async with sdk(saying("He", "llo")) as client:
            whole = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "hi"}]
            )
        assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == ("Hello", "stop")
        assert whole.usage is not None
        assert whole.usage.total_tokens == 4

    run(play())


def test_openais_own_client_gets_the_calls_to_its_tools_and_brings_back_the_results():
    provider = Recorded(calling("weather", '{"city":"Oslo"}'), saying("Snow."))

    async def play() -> None:
        async with sdk(provider) as client:
            tools: Any = [{"type": "function", "function": {"name": "weather", "parameters": {}}}]
            question: Any = {"role": "user", "content": "hi"}
            first = await client.chat.completions.create(model="m", messages=[question], tools=tools)
            message = first.choices[0].message
            assert first.choices[0].finish_reason == "tool_calls"
            assert message.tool_calls is not None
            (call,) = message.tool_calls
            assert call.type == "function"
            assert (call.function.name, call.function.arguments) == ("weather", '{"city":"Oslo"}')
            result: Any = {"role": "tool", "tool_call_id": call.id, "content": "-3"}
            said: Any = message.model_dump(exclude_none=True)
            second = await client.chat.completions.create(
                model="m", messages=[question, said, result], tools=tools
            )
            assert second.choices[0].message.content == "Snow."

    run(play())
    assert provider.bodies[1]["messages"][-1] == {"role": "tool", "tool_call_id": "call_1", "content": "-3"}


def test_openais_own_client_raises_where_an_answer_breaks_off():
    async def play() -> None:
        async with sdk(breaking_off) as client:
            stream = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            with pytest.raises(openai.APIError, match="ended its answer"):
                async for _ in stream:
                    pass
            with pytest.raises(openai.InternalServerError):
                await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])

    run(play())


def test_hidden_thoughts_without_end_are_not_collected_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gateway.generation.MAX_BYTES", 1000)
    thought = chunk(b'data: {"choices":[{"index":0,"delta":{"reasoning":"%b"}}]}\n\n' % (b"x" * 600))

    async def script(peer: Peer) -> None:
        await peer.send(HEAD, thought, thought)
        await peer.left()

    _, heard = hear(script, "/api/chat/stream", {"prompt": "hi"}, reasoning="hidden")
    assert json.loads(heard.removeprefix(b"data: "))["error"]["type"] == "answer_too_long"
