import json
from typing import Any

from gateway import failure
from gateway.openai_voice import OpenAiVoice
from harness.dialects import openai
from harness.dialects.dialect import Reply
from harness.dialects.events import Completion, Kind, TokenEvent, Usage
from harness.wire.sse import SseDecoder

HI = TokenEvent(Kind.TEXT, "Hi")
CALL = TokenEvent(Kind.TOOL, '{"a":1}', "f", id="call_1")
USAGE = Usage(12, 1)


def said(
    *events: TokenEvent, why: failure.Failure | None = None, usage: bool = True, clients_tools: bool = False
) -> list[Any]:
    """The data of each event, JSON decoded where it is JSON."""
    reply = Reply(id="chatcmpl-1", model="m", created_s=7, include_usage=usage)
    voice = OpenAiVoice(reply, clients_tools)
    data = voice.start() + voice.say(list(events)) + voice.end(why, "stop", USAGE, False)
    datas = [frame.data for frame in SseDecoder().feed(data)]
    return [json.loads(data) if data.startswith(b"{") else data for data in datas]


def deltas(chunks: list[Any]) -> list[Any]:
    return [choice["delta"] for chunk in chunks if isinstance(chunk, dict) for choice in chunk["choices"]]


def test_role_content_finish_usage_and_the_last_word():
    role, content, finish, usage, done = said(HI)
    assert deltas([role, content, finish]) == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "Hi"},
        {},
    ]
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 13)
    assert done == b"[DONE]"
    assert {(chunk["id"], chunk["created"], chunk["model"]) for chunk in (role, content, finish, usage)} == {
        ("chatcmpl-1", 7, "m")
    }


def test_usage_is_left_out_where_nobody_asked():
    assert [chunk.get("usage") for chunk in said(HI, usage=False)[:-1]] == [None] * 3


def test_usage_that_nobody_knows_is_not_invented():
    voice = OpenAiVoice(Reply(id="x", model="m", created_s=7, include_usage=True), False)
    assert b"prompt_tokens" not in voice.end(None, "stop", None, False)


def test_after_an_error_there_is_no_last_word():
    *_, error = said(HI, why=failure.DIED)
    assert error["error"]["code"] == "upstream_died"
    decoder = openai.DIALECT.decoder()
    voice = OpenAiVoice(Reply(id="x", model="m", created_s=7), False)
    frames = SseDecoder().feed(voice.start() + voice.say([HI]) + voice.end(failure.DIED, "", None, False))
    kinds = [event.kind for frame in frames for event in decoder.feed(frame)]
    assert kinds[-1] is Kind.ERROR
    assert decoder.completion is Completion.OPEN


def test_shown_reasoning_is_a_delta_of_its_own():
    assert {"reasoning": "hm"} in deltas(said(TokenEvent(Kind.REASONING, "hm"), HI))


def test_calls_to_the_clients_tools_are_for_the_client():
    _, opening, arguments, _ = deltas(said(CALL, clients_tools=True))
    (call,) = opening["tool_calls"]
    assert (call["index"], call["id"], call["function"]["name"]) == (0, "call_1", "f")
    assert arguments["tool_calls"] == [{"index": 0, "function": {"arguments": '{"a":1}'}}]


def test_what_ran_here_is_not_said_lest_the_client_run_it_again():
    result = TokenEvent(Kind.RESULT, "1", "f", id="call_1")
    assert said(CALL, result, TokenEvent(Kind.NOTE, "f", "calling"), HI) == said(HI)
