"""Requests that nobody meant, over real sockets: each is answered in its dialect's words and written down."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_provider import requests
from mock_provider.requests.request import MODEL, Problem
from tests.mock_provider.running import Mock, Response, get, mock, parse
from tests.mock_provider.test_fuzz import DESK, GIVEN, GOOD, KEYS, VALUES

pytestmark = pytest.mark.slow

PATIENCE_S = 30  # no answer of this configuration takes a second
CONFIG = """
models:
  m: {ttft_ms: 1, itl_ms: 0, output_tokens: 5}
  v: {dialect: vllm, ttft_ms: 1, itl_ms: 0, output_tokens: 5}
"""
# Settings and faults that ask for time are left to the tests without sockets.
HARMLESS = GIVEN.filter(lambda pair: pair[0] not in ("ttft", "itl", "out", "fault"))
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]
ROUTES = [(method, path.replace(MODEL, "m")) for method, path in DESK.routes]


class Client:
    """Connections of one request each, and how many of them the provider has to write down."""

    def __init__(self, server: Mock) -> None:
        self.server, self.asked = server, 0

    def ask(self, method: str, path: str, body: bytes, *more: str) -> Response:
        lines = [f"{method} {path} HTTP/1.1", "host: mock", "connection: close"]
        lines += [f"content-length: {len(body)}", *more]
        with socket.create_connection((self.server.host, self.server.port), timeout=PATIENCE_S) as sock:
            sock.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
            received = b""
            while piece := sock.recv(65536):  # a hang is a timeout, and an error
                received += piece
        self.asked += 1
        got = parse(received)
        assert got.status < 500, got
        return got


@pytest.fixture(scope="module", params=["1", "2"], ids=["one worker", "two workers"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with mock(tmp_path_factory.mktemp("mock"), CONFIG, "--workers", request.param) as server:
        made = Client(server)
        yield made
        assert json.loads(get(server, "/-/state").body)["open"] == 0
        assert server.stop() == 0
        assert server.rest[1] == ""  # no exception was logged
        assert len(server.rows()) == made.asked


def shaped(path: str, got: Response) -> None:
    """A refusal has the body that the dialect's own clients expect: its own API can be asked."""
    body = json.loads(got.body)
    path = path.replace("/models/m:", f"/models/{MODEL}:")
    names = [name for name in requests.names() if ("POST", path) in requests.load(name).routes]
    errors = [_keys(requests.load(name), got.status) for name in names or ["openai"]]
    assert _shape(body) in errors


def _keys(api: Any, status: int) -> Any:
    return _shape(json.loads(api.error_body(Problem(status, "x"), "req_1")))


def _shape(body: Any) -> Any:
    return {key: _shape(value) for key, value in body.items()} if isinstance(body, dict) else ""


slowly = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
POSTS = st.sampled_from([path for method, path in ROUTES if method == "POST"])
SSE = "?alt=sse"  # Gemini streams nothing else; other dialects have no use for it


@slowly
@given(POSTS, st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_any_json_is_answered(client: Client, path: str, changes: dict[str, Any]) -> None:
    changes = {key: value for key, value in changes.items() if key != "model"}
    got = client.ask("POST", path + SSE, json.dumps(GOOD | changes).encode())
    assert got.status in (200, 400, 422)
    if got.status != 200:
        shaped(path, got)


@slowly
@given(POSTS, st.binary(max_size=80) | st.text(max_size=20).map(lambda text: f'{{"model":"m{text}'.encode()))
def test_any_bytes_are_a_refusal(client: Client, path: str, body: bytes) -> None:
    got = client.ask("POST", path, body)
    assert got.status in (400, 404, 422)
    shaped(path, got)


@slowly
@given(POSTS, st.lists(HARMLESS, min_size=1, max_size=3), st.text(max_size=3), st.booleans())
def test_any_models_name_is_answered(
    client: Client, path: str, given: list[tuple[str, object]], tail: str, stream: bool
) -> None:
    name = "+".join(["m", *(f"{key}={value}" for key, value in given)]) + tail
    got = client.ask("POST", path, json.dumps(GOOD | {"model": name, "stream": stream}).encode())
    assert got.status in (200, 400, 404)
    if got.status != 200:
        shaped(path, got)


@slowly
@given(st.sampled_from(METHODS), POSTS)
def test_a_wrong_method_is_a_405_that_names_the_right_one(client: Client, method: str, path: str) -> None:
    got = client.ask(method, path, b"")
    if (method, path) in ROUTES:
        assert got.status in (200, 400)
        return
    assert got.status == 405
    if method != "HEAD":
        assert "POST" in got.body.decode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"model":"m","messages":[{"role":"user","content":"\xff\xfe"}]}', id="broken UTF-8"),
        pytest.param(b'{"model":"m","messages":' + b"[" * 100_000, id="nested without end"),
        pytest.param(b'{"model":"m","max_tokens":1e999}', id="an infinite number"),
        pytest.param(b'{"model":"m","max_tokens":' + b"9" * 5000 + b"}", id="a number of 5,000 digits"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0" * 1000, id="zeros"),
    ],
)
@pytest.mark.parametrize("path", sorted({path for method, path in ROUTES if method == "POST"}))
def test_hopeless_bodies_are_refused_in_the_dialects_words(client: Client, path: str, body: bytes) -> None:
    got = client.ask("POST", path, body)
    assert got.status in (400, 404, 422)
    shaped(path, got)


@pytest.mark.parametrize(
    "header",
    [
        "content-encoding: gzip",
        "content-encoding: br",
        "authorization: Bearer \xff\xfe",
        "x-api-key: \xff",
        "x-mock-fault: \xff",
        "last-event-id: \xff",
        "anthropic-version: \xff",
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/api/chat/stream"])
def test_hopeless_headers_are_refused_or_do_no_harm(client: Client, path: str, header: str) -> None:
    got = client.ask("POST", path, b"0123456789", header)
    assert got.status == 400
    shaped(path, got)
    assert client.ask("POST", path, json.dumps(GOOD).encode(), header).status in (200, 400)


@pytest.mark.parametrize("depth", [20, 100, 300, 450, 900, 5000])
def test_a_schema_nested_deeply_is_answered_or_refused(client: Client, depth: int) -> None:
    schema = '{"type":"object","properties":{"a":' * depth + "{}" + '},"required":["a"]}' * depth
    tools = f'[{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}]'
    body = json.dumps(GOOD)[:-1] + f', "tools":{tools}}}'
    got = client.ask("POST", "/v1/chat/completions", body.encode())
    assert got.status in (200, 400)


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/api/chat/stream?prompt=hi&max_tokens=" + "9" * 5000, ()),
        ("/api/chat/stream?prompt=hi", ("last-event-id: " + "9" * 5000,)),
        ("/api/chat/stream?prompt=%FF%FE&model=%00", ()),
        ("/f/" + "s" * 3000 + "/v1/chat/completions", ()),
        ("/%2e%2e/%00", ()),
    ],
)
def test_hopeless_lines_are_refused(client: Client, path: str, more: tuple[str, ...]) -> None:
    got = client.ask("GET", path, b"", *more)
    assert got.status in (400, 404)
    assert "error" in json.loads(got.body)
