"""Answers in one piece: what each API's own bodies mean, and what is no answer of it."""

import json

import pytest

from harness import dialects
from harness.dialects.dialect import Ask, Reply, ToolCall
from harness.dialects.events import END, Completion, Kind, TokenEvent, Usage
from harness.dialects.whole import WholeDecoder
from harness.wire.frame import Frame

USAGE = TokenEvent(Kind.USAGE, usage=Usage(3, 2))
COUNTS = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CHAT = {
    "id": "x",
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi 日"}, "finish_reason": "stop"}],
    "usage": COUNTS,
}
TEXT_BLOCK = {"type": "text", "text": "Hi 日"}
BODIES = {
    "generic": {
        "content": "Hi 日", "finish_reason": "stop", "usage": {"input_tokens": 3, "output_tokens": 2},
    },
    "openai": CHAT,
    "vllm": CHAT,
    "tgi_chat": CHAT,
    "anthropic": {
        "type": "message", "content": [TEXT_BLOCK], "stop_reason": "stop",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    },
    "tgi": [{
        "generated_text": "Hi 日",
        "details": {"finish_reason": "stop", "generated_tokens": 2, "input_length": 3},
    }],
    "ollama": {
        "message": {"role": "assistant", "content": "Hi 日"}, "done": True, "done_reason": "stop",
        "prompt_eval_count": 3, "eval_count": 2,
    },
    "gemini": {
        "candidates": [{"content": {"parts": [{"text": "Hi 日"}]}, "finishReason": "stop"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_an_answer_in_one_piece_has_text_usage_finish_and_an_end(name):
    decoder = WholeDecoder(dialects.load(name).read_whole)
    events = list(decoder.feed(Frame(json.dumps(BODIES[name]).encode())))
    assert events[0] == TokenEvent(Kind.TEXT, "Hi 日")
    assert {event.kind: event for event in events[1:-1]} == {
        Kind.USAGE: USAGE,
        Kind.FINISH: TokenEvent(Kind.FINISH, code="stop"),
    }
    assert (events[-1], decoder.completion) == (END, Completion.FULL)


@pytest.mark.parametrize("name", dialects.names())
def test_what_a_dialect_writes_in_one_piece_it_reads_back(name):
    dialect = dialects.load(name)
    reply = Reply(id="id_1", model="m", created_s=1, include_usage=True)
    body = dialect.whole(reply, "Hi 日", "length", Usage(3, 2), reasoning="Hm")
    events = dialect.read_whole(body)
    said = {event.kind: event.text for event in events}
    assert (said[Kind.TEXT], events[-1]) == ("Hi 日", END)
    assert said.get(Kind.REASONING, "Hm") == "Hm"
    assert any(event.usage and event.usage.output_tokens == 2 for event in events)


@pytest.mark.parametrize("name", ["anthropic", "gemini", "ollama", "openai", "openai_responses", "vllm"])
def test_a_tool_call_in_one_piece_is_content(name):
    dialect = dialects.load(name)
    call = ToolCall("call_1", "clock", '{"zone":"UTC"}')
    body = dialect.whole(Reply(id="id_1", model="m", created_s=1), "", "tool_calls", Usage(3, 2), [call])
    found = [(event.code, event.text) for event in dialect.read_whole(body) if event.kind is Kind.TOOL]
    assert found == [("clock", '{"zone":"UTC"}')]


@pytest.mark.parametrize("name", dialects.names())
def test_an_error_in_a_200_is_an_error_and_anything_else_is_corrupt(name):
    dialect = dialects.load(name)
    (failed,) = dialect.read_whole(dialect.error_body(500, "", "out of memory"))
    assert (failed.kind, failed.text) == (Kind.ERROR, "out of memory")
    for body in (b"data: {}\n\n", b"<html>", b"{}", b"[]", b'{"status":"ok"}', b'"\xff"'):
        (corrupt,) = dialect.read_whole(body)
        assert corrupt.kind is Kind.CORRUPT, body


@pytest.mark.parametrize("name", dialects.names())
def test_whole_answers_are_asked_for_in_another_way_than_streams(name):
    dialect = dialects.load(name)
    asked = [
        dialect.request(Ask(prompt="Hi", model="m", stream=each), dialect.path) for each in (True, False)
    ]
    assert len({(request.path.partition("?")[0], request.body) for request in asked}) == 2


def test_a_generic_whole_answer_is_posted_for():
    request = dialects.load("generic").request(
        Ask(prompt="Hi", model="m", max_tokens=9, answer_id="a1", stream=False), "/api/chat/stream"
    )
    assert (request.method, request.path) == ("POST", "/api/chat")
    asked = {"prompt": "Hi", "model": "m", "max_tokens": 9, "stream": "a1"}
    assert json.loads(request.body) == asked
