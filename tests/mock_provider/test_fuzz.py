"""Requests that nobody meant: always an answer in the dialect's words, never an exception."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.plan.provider import ModelProfile, Provider
from harness.record import LedgerRow
from mock_provider import pacing
from mock_provider.desk import Asked, Decision, Desk
from mock_provider.house import Arrival, Entry, House
from mock_provider.requests.request import MODEL, Incoming
from mock_provider.script import Do

CONFIG = Provider(models={"m": ModelProfile(output_tokens=5.0), "v": ModelProfile(dialect="vllm")})
DESK = Desk(CONFIG, 7)
KEYS = [
    "model",
    "messages",
    "max_tokens",
    "stream",
    "tools",
    "tool_choice",
    "input",
    "inputs",
    "parameters",
    "prompt",
    "response_format",
    "system",
    "text",
    "format",
    "options",
    "n",
    "stream_options",
    "role",
    "content",
    "type",
    "function",
    "name",
    "schema",
    "json_schema",
    "input_schema",
    "max_new_tokens",
    "output_config",
    "contents",
    "parts",
    "generationConfig",
    "functionDeclarations",
    "responseSchema",
    "properties",
]
WORDS = ["m", "v", "m+out=3", "m+fault=s1@2", "m+fault=s8", "m+x=1", "user", "tool", "object", "array"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(WORDS)
)
SCHEMA_KEYS = [
    "type",
    "properties",
    "items",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "$ref",
    "minItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "required",
    "$defs",
    "a",
]
SCHEMA_WORDS = ["object", "array", "string", "integer", "number", "boolean", "null", "#", "#/$defs/a", "a"]
SCHEMAS = st.recursive(
    SCALARS | st.sampled_from(SCHEMA_WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(SCHEMA_KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)
GOOD: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "hi"}],
    "max_tokens": 5,
    "input": "hi",
    "inputs": "hi",
    "prompt": "hi",
    "contents": [{"parts": [{"text": "hi"}]}],
}
PATHS = st.sampled_from([path.replace(MODEL, "m") for _, path in DESK.routes]) | st.text(
    "/abf1%:@sv ", max_size=12
)
PREFIXES = st.sampled_from(["", "", "/f/s1@2", "/f/h1:503", "/f/s10:W16", "/f/x", "/f/", "/f"])


@pytest.fixture(scope="module", autouse=True)
def answers_of_a_readable_length() -> Iterator[None]:
    """A model's name may ask for 100,000 tokens; to plan each of them takes long and proves no more."""
    usual = pacing.MAX_TOKENS
    pacing.MAX_TOKENS = 2000
    yield
    pacing.MAX_TOKENS = usual


def decided(incoming: Incoming) -> Decision:
    row = LedgerRow(request="r", received_ns=0)
    asked = DESK.read(row, incoming)
    if isinstance(asked, Decision):
        return asked
    assert isinstance(asked, Asked)
    # As between two processes, and as the ledger has it.
    arrival = msgspec.json.decode(msgspec.json.encode(asked.arrival), type=Arrival)
    entry = House(CONFIG, 0).enter(arrival, 0)
    decision = DESK.decide(asked, msgspec.json.decode(msgspec.json.encode(entry), type=Entry), row)
    msgspec.json.encode(row)
    return decision


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(["GET", "POST", "PUT"]), PREFIXES, PATHS, st.binary(max_size=60))
def test_no_bytes_confuse_it(method: str, prefix: str, path: str, body: bytes) -> None:
    decision = decided(Incoming(method=method, path=prefix + path, query={}, headers={}, body=body))
    assert decision.script.steps[-1].do in (Do.CLOSE, Do.FIN, Do.RST)
    assert decision.script.status != 500


@settings(deadline=None, max_examples=600)
@given(PREFIXES, PATHS, st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_no_json_confuses_it(prefix: str, path: str, changes: dict[str, Any]) -> None:
    body = json.dumps(GOOD | changes).encode()
    decision = decided(Incoming(method="POST", path=prefix + path, query={}, headers={}, body=body))
    times = [step.at_ns for step in decision.script.steps]
    assert times == sorted(times)
    assert decision.script.status != 500


NUMBERS = st.integers(-5, 2**70) | st.floats() | st.text("0123456789.:,e-+x٣", max_size=8)
SETTINGS = ["ttft", "itl", "out", "think", "chunk", "tools", "api", "seed", "pace", "fault", "out=p50:1,p99"]
FAULTS = [
    "s6@{}:{}",
    "s7:{}",
    "c2:{}",
    "h1:{}",
    "h2:ms,{}",
    "s1@{}",
    "s10:{}",
    "s11@{}",
    "s3@{}",
    "c1:fin,{}",
]
GIVEN = st.tuples(
    st.sampled_from(SETTINGS), NUMBERS | st.sampled_from(["openai", "mean:9,cv:1e9", "p50:1,p99:2"])
)
FAULTY = st.tuples(st.sampled_from(FAULTS), NUMBERS, NUMBERS).map(
    lambda f: ("fault", f[0].format(f[1], f[2]))
)


@settings(deadline=None, max_examples=600)
@given(st.lists(GIVEN | FAULTY, max_size=3), st.booleans())
def test_no_setting_in_a_models_name_confuses_it(given: list[tuple[str, object]], stream: bool) -> None:
    name = "+".join(["m", *(f"{key}={value}" for key, value in given)])
    body = json.dumps(GOOD | {"model": name, "stream": stream}).encode()
    path = "/v1/chat/completions"
    decision = decided(Incoming(method="POST", path=path, query={}, headers={}, body=body))
    times = [step.at_ns for step in decision.script.steps]
    assert times == sorted(times)
    assert times[0] >= 0


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["prompt", "model", "max_tokens", "x"]),
        st.text(max_size=8) | st.sampled_from(["m", "5", "٣", "9" * 30]),
    ),
    st.dictionaries(
        st.sampled_from(["last-event-id", "x-mock-fault", "anthropic-version"]), st.text(max_size=6)
    ),
)
def test_no_query_or_header_confuses_it(query: dict[str, str], headers: dict[str, str]) -> None:
    path = "/api/chat/stream"
    decision = decided(Incoming(method="GET", path=path, query=query, headers=headers, body=b""))
    assert decision.script.status in (200, 204, 400, 404)


@settings(deadline=None, max_examples=500)
@given(st.dictionaries(st.sampled_from(SCHEMA_KEYS), SCHEMAS, max_size=5))
def test_no_schema_confuses_it(schema: dict[str, Any]) -> None:
    function = {"name": "f", "parameters": schema}
    body = json.dumps(GOOD | {"tools": [{"type": "function", "function": function}]}).encode()
    path = "/v1/chat/completions"
    decision = decided(Incoming(method="POST", path=path, query={}, headers={}, body=body))
    assert decision.script.status in (200, 400)
