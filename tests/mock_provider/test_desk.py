"""A request on its way to a script, without sockets."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from harness import dialects
from harness.answer import answer
from harness.dialects.dialect import Ask
from harness.dialects.events import Kind, Usage
from harness.plan.draws import LogNormal
from harness.plan.provider import FaultRule, ModelProfile, Provider
from harness.record import LedgerRow
from mock_provider.desk import Asked, Decision, Desk
from mock_provider.house import House
from mock_provider.requests.request import Incoming
from mock_provider.script import Do

DRAWN = LogNormal(mean=50, cv=0.5)
CONFIG = Provider(models={"m": ModelProfile(ttft_ms=DRAWN, itl_ms=DRAWN, output_tokens=DRAWN)})
DESK, HOUSE = Desk(CONFIG, 7), House(CONFIG, 0)


def decided(stream: int, model: str) -> Decision:
    messages = [{"role": "user", "content": f"[sid:{stream:06d}] hello"}]
    body = json.dumps({"model": model, "messages": messages, "stream": True}).encode()
    row = LedgerRow(request="r", received_ns=0)
    path = "/v1/chat/completions"
    asked = DESK.read(row, Incoming(method="POST", path=path, query={}, headers={}, body=body))
    assert isinstance(asked, Asked)
    return DESK.decide(asked, HOUSE.enter(asked.arrival, 0), row)


def schedule(decision: Decision) -> list[tuple[int, Do, int]]:
    return [(step.at_ns, step.do, step.tokens) for step in decision.script.steps]


def test_blocks_with_one_pace_have_the_same_schedules_and_texts_of_their_own() -> None:
    first, again, other = (decided(stream, "m+pace=12:100") for stream in (1, 101, 2))
    assert schedule(first) == schedule(again) != schedule(other)
    assert (first.stream, again.stream) == (1, 101)
    assert schedule(decided(3, "m")) != schedule(decided(103, "m"))


def test_another_seed_of_the_pace_is_another_schedule_of_the_same_text() -> None:
    one, two = decided(5, "m+pace=12:100"), decided(5, "m+pace=13:100")
    assert schedule(one) != schedule(two)
    assert (one.seed, one.stream) == (two.seed, two.stream)


@pytest.mark.parametrize("name", dialects.names())
def test_whole_answers_are_given_in_the_dialect_in_which_they_are_asked_for(name: str) -> None:
    """One path, `/api/chat`, belongs to two APIs: the model's profile says which of them is meant."""
    dialect = dialects.load(name)
    config = Provider(models={"m": ModelProfile(output_tokens=3, dialect=name)})
    desk, house = Desk(config, 7), House(config, 0)
    sent = dialect.request(Ask(prompt="[sid:000042] hello", model="m", stream=False), dialect.path)
    place, _, query = sent.path.partition("?")
    row = LedgerRow(request="r", received_ns=0)
    incoming = Incoming(
        method=sent.method,
        path=place,
        query=dict(parse_qsl(query)),
        headers=sent.headers,
        body=sent.body,
    )
    asked = desk.read(row, incoming)
    assert isinstance(asked, Asked)
    script = desk.decide(asked, house.enter(asked.arrival, 0), row).script
    body = b"".join(step.data for step in script.steps if step.do is Do.BYTES)
    text = "".join(event.text for event in dialect.read_whole(body) if event.kind is Kind.TEXT)
    assert text == "".join(answer(7, 42, 3))
    assert (row.streaming, row.dialect, row.stream) == (False, name, 42)


def refused(method: str, path: str, body: bytes = b"", unread: tuple[int, str] | None = None) -> Decision:
    row = LedgerRow(request="r", received_ns=0)
    incoming = Incoming(method=method, path=path, query={}, headers={}, body=body, unread=unread)
    decision = DESK.read(row, incoming)
    assert isinstance(decision, Decision)
    return decision


def said(decision: Decision) -> Any:
    return json.loads(b"".join(step.data for step in decision.script.steps if step.do is Do.BYTES))


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/chat/completions", {"error": "method_not_supported"}),
        ("/v1/messages", {"type": "error", "error": "invalid_request_error"}),
        ("/generate_stream", {"error_type": "validation"}),
        ("/v1beta/models/m:generateContent", {"error": 405}),
    ],
)
def test_a_method_that_a_path_does_not_have_is_refused_in_the_words_of_its_dialect(
    path: str, shape: dict[str, object]
) -> None:
    decision = refused("PUT", path)
    body = said(decision)
    for key, wanted in shape.items():
        error = body[key]
        assert (error.get("code", error.get("type")) if isinstance(error, dict) else error) == wanted
    assert decision.script.status == 405
    assert ("allow", "POST") in decision.script.headers


def test_the_list_of_models_is_a_place_too() -> None:
    decision = refused("DELETE", "/v1/models")
    assert (decision.script.status, dict(decision.script.headers)["allow"]) == (405, "GET")
    assert "GET /v1/models," in said(refused("GET", "/nowhere"))["error"]["message"]


def test_a_body_that_could_not_be_taken_in_is_refused_for_that_and_not_for_its_json() -> None:
    large = refused("POST", "/v1/messages", unread=(413, "The body is too large."))
    assert large.script.status == 413
    assert said(large)["error"] == {"type": "request_too_large", "message": "The body is too large."}


def answered(path: str, body: dict[str, Any], profile: ModelProfile, then: str = "") -> Decision:
    config = Provider(models={"m": profile}, faults=[FaultRule(id="h1", status=int(then))] if then else [])
    desk, house, row = Desk(config, 7), House(config, 0), LedgerRow(request="r", received_ns=0)
    raw = json.dumps(body).encode()
    asked = desk.read(row, Incoming(method="POST", path=path, query={}, headers={}, body=raw))
    assert isinstance(asked, Asked)
    return desk.decide(asked, house.enter(asked.arrival, 0), row)


TWO = ModelProfile(output_tokens=2)
QUESTION = {"inputs": "[sid:000042] hello"}


def test_tgi_answers_its_root_with_a_list_of_one_and_details_who_asks_for_them() -> None:
    detailed = QUESTION | {"parameters": {"details": True}}
    text = "".join(answer(7, 42, 2))
    assert said(answered("/generate", QUESTION, TWO)) == {"generated_text": text}
    assert said(answered("/", QUESTION, TWO)) == [{"generated_text": text}]
    (one,) = said(answered("/", detailed, TWO))
    assert (one["details"]["finish_reason"], one["details"]["generated_tokens"]) == ("eos_token", 2)
    for asked, has in ((QUESTION, False), (detailed, True)):
        encoder = answered("/generate_stream", asked, TWO).encoder
        assert encoder is not None
        last = json.loads(encoder.finish("stop", Usage(1, 1), "x").removeprefix(b"data: "))
        assert (last["generated_text"], last["details"] is not None) == ("x", has)


@pytest.mark.parametrize(
    ("dialect", "choice", "reason"),
    [("vllm", "f", "stop"), ("vllm", None, "tool_calls"), ("openai", "f", "tool_calls")],
)
def test_a_tool_that_vllm_was_told_to_call_ends_the_answer_like_any_other(
    dialect: str, choice: str | None, reason: str
) -> None:
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    body["tools"] = [{"type": "function", "function": {"name": "f"}}]
    if choice is not None:
        body["tool_choice"] = {"type": "function", "function": {"name": choice}}
    decision = answered("/v1/chat/completions", body, ModelProfile(dialect=dialect))
    (one,) = said(decision)["choices"]
    assert one["finish_reason"] == decision.script.finish_reason == reason
    assert one["message"]["tool_calls"][0]["function"]["name"] == "f"


@pytest.mark.parametrize(("status", "kind"), [("409", "invalid_request_error"), ("503", "server_error")])
def test_a_planned_error_of_the_clients_is_not_called_the_servers(status: str, kind: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
    assert said(answered("/v1/chat/completions", body, TWO, status))["error"]["type"] == kind
