"""Every dialect over real sockets: the mock's stream, read by that dialect's own decoder."""

import json
from collections.abc import Iterator

import pytest

from harness import dialects, wire
from harness.answer import answer
from harness.dialects.dialect import Ask
from harness.dialects.events import Completion, Kind
from mock_provider import requests
from tests.mock_provider.running import Mock, Response, dechunk, exchange, mock

pytestmark = pytest.mark.slow

CONFIG = """
models:
  m: {ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  m-vllm: {dialect: vllm, ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  m-tgi: {dialect: tgi_chat, ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  m-generic: {dialect: generic, ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  m-accumulated: {dialect: generic_accumulated, ttft_ms: 5, itl_ms: 1, output_tokens: 12}
"""
# Where two dialects share a path, the model's profile says which is meant.
MODELS = {
    "vllm": "m-vllm", "tgi_chat": "m-tgi", "generic": "m-generic", "generic_accumulated": "m-accumulated",
}  # fmt: skip


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock"), CONFIG, "--seed", "7") as server:
        yield server
        assert server.stop() == 0
        assert server.rest[1] == ""


def ask(server: Mock, name: str, *, prefix: str = "", settings: str = "", stream: bool = True) -> Response:
    dialect = dialects.load(name)
    model = MODELS.get(name, "m") + settings
    asked = Ask(prompt="[sid:000042] hi", model=model, max_tokens=50, stream=stream)
    request = dialect.request(asked, prefix + dialect.path)
    headers = {"host": "mock", "connection": "close", **request.headers}
    headers["content-length"] = str(len(request.body))
    lines = [f"{request.method} {request.path} HTTP/1.1"]
    lines += [f"{header}: {value}" for header, value in headers.items()]
    return exchange(server, "\r\n".join(lines).encode() + b"\r\n\r\n" + request.body)


def read(name: str, content: bytes) -> tuple[dict[Kind, str], Completion]:
    """(all that was said, by kind; how complete it is)"""
    dialect = dialects.load(name)
    frames = wire.frame_decoder(dialect.wire)
    decoder = dialect.decoder()
    said: dict[Kind, str] = {}
    for frame in frames.feed(content):
        for event in decoder.feed(frame):
            said[event.kind] = said.get(event.kind, "") + event.text
    return said, decoder.completion


@pytest.mark.parametrize("name", requests.names())
def test_a_stream_is_complete_and_canonical(shared: Mock, name: str) -> None:
    got = ask(shared, name)
    content, ended = dechunk(got.body)
    said, completion = read(name, content)
    assert (got.status, ended, completion) == (200, True, Completion.FULL)
    assert said[Kind.TEXT] == "".join(answer(7, 42, 12))
    assert Kind.CORRUPT not in said
    assert shared.row(42).dialect


@pytest.mark.parametrize("name", requests.names())
def test_a_whole_answer_holds_the_same_text(shared: Mock, name: str) -> None:
    got = ask(shared, name, stream=False)
    assert got.status == 200
    assert "".join(answer(7, 42, 12)) in _texts(json.loads(got.body))
    row = shared.row(42)
    assert (row.emitted_tokens, row.other_tokens) == (12, 0)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for item in items for text in _texts(item)]


@pytest.mark.parametrize("name", requests.names())
def test_reasoning_comes_where_the_dialect_can_say_it(shared: Mock, name: str) -> None:
    content, _ = dechunk(ask(shared, name, settings="+think=4").body)
    said, completion = read(name, content)
    assert completion is Completion.FULL
    assert said[Kind.TEXT] == "".join(answer(7, 42, 12))
    row = shared.row(42)
    assert row.emitted_tokens - row.other_tokens == 12
    if name not in ("openai", "tgi", "tgi_chat"):
        assert said[Kind.REASONING].strip()
        assert row.other_tokens == 4


@pytest.mark.parametrize("name", requests.names())
def test_a_clean_early_end_is_open_in_every_dialect(shared: Mock, name: str) -> None:
    content, ended = dechunk(ask(shared, name, prefix="/f/s1@3").body)
    said, completion = read(name, content)
    assert (ended, completion) == (True, Completion.OPEN)
    assert said[Kind.TEXT] == "".join(answer(7, 42, 3))


@pytest.mark.parametrize("name", requests.names())
def test_an_error_in_the_stream_is_an_error_in_every_shape_of_the_dialect(shared: Mock, name: str) -> None:
    for number, shape in enumerate(dialects.load(name).error_shapes):
        content, _ = dechunk(ask(shared, name, prefix=f"/f/s5@3:overloaded-{number}".removesuffix("-0")).body)
        said, completion = read(name, content)
        assert Kind.ERROR in said, shape
        assert completion is not Completion.FULL
        assert said[Kind.TEXT] == "".join(answer(7, 42, 3))


@pytest.mark.parametrize("name", requests.names())
def test_an_error_status_has_a_body_that_the_dialect_reads(shared: Mock, name: str) -> None:
    got = ask(shared, name, prefix="/f/h1:500")
    assert got.status == 500
    assert dialects.load(name).read_error(got.body)[1]


@pytest.mark.parametrize("name", requests.names())
@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b"null"])
def test_nonsense_is_the_dialects_own_4xx(shared: Mock, name: str, body: bytes) -> None:
    for method, path in requests.load(name).routes:
        head = f"{method} {path} HTTP/1.1\r\nhost: m\r\nconnection: close\r\ncontent-length: {len(body)}"
        got = exchange(shared, head.encode() + b"\r\n\r\n" + body)
        assert got.status in (400, 422)
        json.loads(got.body)
