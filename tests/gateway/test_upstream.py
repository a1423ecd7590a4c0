"""How a provider is addressed, without one. What it answers is in test_app and test_promises."""

import json

import aiohttp
import pytest

from gateway import failure
from gateway.upstream import _death, _endpoint, _request
from harness import dialects
from harness.dialects.dialect import Ask

HI = Ask(prompt="hi", model="m")


@pytest.mark.parametrize(
    ("dialect", "header", "value"),
    [
        ("openai", "authorization", "Bearer k"),
        ("vllm", "authorization", "Bearer k"),
        ("tgi", "authorization", "Bearer k"),
        ("anthropic", "x-api-key", "k"),
    ],
)
def test_a_users_key_travels_as_the_provider_wants_it(dialect, header, value):
    request, headers = _request(dialects.load(dialect), HI, "/path", "bearer k")
    assert headers[header] == value
    assert (request.method, request.path) == ("POST", "/path")


@pytest.mark.parametrize("authorization", ["Basic dTpw", "Bearer", "secret"])
def test_other_credentials_go_on_as_they_came(authorization):
    _, headers = _request(dialects.load("anthropic"), HI, "/path", authorization)
    assert headers["authorization"] == authorization
    assert "x-api-key" not in headers


def test_without_credentials_there_are_none_and_no_key_is_in_the_body():
    _, headers = _request(dialects.load("openai"), HI, "/path", "")
    assert "authorization" not in headers
    request, _ = _request(dialects.load("openai"), HI, "/path", "Bearer k")
    assert set(json.loads(request.body)) == {"model", "messages", "stream", "stream_options"}


@pytest.mark.parametrize(
    "url", ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/", "http://h:1/v1?x=y"]
)
def test_the_address_may_be_the_servers_or_an_sdks(url):
    assert _endpoint(url, "/v1/messages") == "http://h:1/v1/messages"


def test_an_address_below_a_path_stays_there():
    assert _endpoint("https://h/proxy/v1", "/generate_stream") == "https://h/proxy/generate_stream"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), failure.RESET),
        (aiohttp.ClientPayloadError("not completed: <…>. ConnectionResetError(104, '…')"), failure.RESET),
        (aiohttp.ClientPayloadError("Response payload is not completed"), failure.DIED),
        (aiohttp.ServerDisconnectedError(), failure.DIED),
        (RuntimeError("reading on"), failure.DIED),
    ],
)
def test_a_reset_and_a_close_are_told_apart(error, why):
    assert _death(error) is why
