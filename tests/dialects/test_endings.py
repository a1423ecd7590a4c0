"""When an answer is complete, and every known way for a provider to say that it is not."""

import json

import pytest

from harness import dialects
from harness.dialects.dialect import Reply
from harness.dialects.events import Completion, Usage
from harness.wire import frame_decoder
from harness.wire.frame import Frame
from tests.dialects.reading import meanings, telling

REPLY = Reply(id="id_1", model="m", created_s=1)


def said(name: str, *payloads: str, event: str = "") -> tuple[list[list[str | int]], Completion]:
    decoder = dialects.load(name).decoder()
    events = [found for payload in payloads for found in decoder.feed(Frame(payload.encode(), event))]
    return telling(events), decoder.completion


def choice(index: int, text: str = "", reason: str | None = None) -> str:
    return json.dumps({"choices": [{"index": index, "delta": {"content": text}, "finish_reason": reason}]})


@pytest.mark.parametrize(
    ("payloads", "completion"),
    [
        (["[DONE]"], Completion.OPEN),
        ([choice(0, "a"), "[DONE]"], Completion.OPEN),
        ([choice(0, "a", "stop")], Completion.FINISHED),
        ([choice(0, "a", "stop"), "[DONE]"], Completion.FULL),
        ([choice(0, "a", "length"), "[DONE]"], Completion.FULL),
        ([choice(0, "a"), choice(1, "b"), choice(0, "", "stop")], Completion.OPEN),
        ([choice(0, "a"), choice(1, "b"), choice(0, "", "stop"), "[DONE]"], Completion.OPEN),
        ([choice(0, "", "stop"), choice(1, "b"), choice(1, "", "stop"), "[DONE]"], Completion.FULL),
        ([choice(0, "a"), "[DONE]", choice(0, "", "stop")], Completion.OPEN),
        ([choice(0, "a", "abort"), "[DONE]"], Completion.OPEN),
        ([choice(0, "a", "error"), "[DONE]"], Completion.OPEN),
    ],
)
def test_chat_is_complete_when_every_choice_has_finished_and_done_came(
    payloads: list[str], completion: Completion
) -> None:
    assert said("openai", *payloads)[1] is completion


def anthropic(kind: str, **fields: object) -> str:
    return json.dumps({"type": kind, **fields})


@pytest.mark.parametrize(
    ("payloads", "completion"),
    [
        ([anthropic("message_stop")], Completion.OPEN),
        (
            [anthropic("message_delta", delta={"stop_reason": None}), anthropic("message_stop")],
            Completion.OPEN,
        ),
        ([anthropic("message_delta", delta={"stop_reason": "end_turn"})], Completion.FINISHED),
        (
            [anthropic("message_delta", delta={"stop_reason": "refusal"}), anthropic("message_stop")],
            Completion.FULL,
        ),
        (
            [anthropic("message_stop"), anthropic("message_delta", delta={"stop_reason": "end_turn"})],
            Completion.OPEN,
        ),
    ],
)
def test_a_message_is_complete_with_a_stop_reason_and_message_stop(
    payloads: list[str], completion: Completion
) -> None:
    assert said("anthropic", *payloads)[1] is completion


def test_anthropic_events_are_known_by_their_name_if_the_data_has_no_type() -> None:
    data = '{"index":0,"delta":{"type":"text_delta","text":"Hi"}}'
    assert said("anthropic", data, event="content_block_delta")[0] == [["TEXT", "Hi"]]


@pytest.mark.parametrize(
    ("kind", "reason", "code"),
    [
        ("completed", None, "completed"),
        ("incomplete", "max_output_tokens", "max_output_tokens"),
        ("incomplete", "content_filter", "content_filter"),
    ],
)
def test_responses_may_legitimately_be_incomplete(kind: str, reason: str | None, code: str) -> None:
    details = {"reason": reason} if reason else None
    data = json.dumps({"type": f"response.{kind}", "response": {"incomplete_details": details}})
    assert said("openai_responses", data) == ([["FINISH", "", code], ["END"]], Completion.FULL)


def test_responses_pass_over_a_done_marker_that_a_proxy_adds() -> None:
    end = '{"type":"response.completed","response":{}}'
    decoder = dialects.load("openai_responses").decoder()
    for data in (b"[DONE]", end.encode(), b"[DONE]"):
        decoder.feed(Frame(data))
    assert (decoder.completion, decoder.after_done) == (Completion.FULL, 0)


@pytest.mark.parametrize("text", [None, ""])
def test_tgi_is_complete_with_its_generated_text_even_an_empty_one(text: str | None) -> None:
    data = json.dumps({"token": {"text": "</s>", "special": True}, "generated_text": text})
    events = [] if text is None else [["FINISH"], ["END"]]
    assert said("tgi", data) == (events, Completion.OPEN if text is None else Completion.FULL)


def test_gemini_is_complete_when_every_candidate_has_finished() -> None:
    def candidate(index: int, reason: str | None) -> str:
        return json.dumps({"candidates": [{"index": index, "finishReason": reason}]})

    assert said("gemini", candidate(0, None), candidate(1, "STOP"))[1] is Completion.OPEN
    assert (
        said("gemini", candidate(0, None), candidate(1, "STOP"), candidate(0, "SAFETY"))[1] is Completion.FULL
    )


def test_the_last_usage_is_the_truth_and_a_missing_part_keeps_the_former() -> None:
    start = anthropic("message_start", message={"usage": {"input_tokens": 12, "output_tokens": 1}})
    delta = anthropic("message_delta", usage={"output_tokens": 9})
    assert said("anthropic", start, delta)[0] == [["USAGE", 12, 1], ["USAGE", 12, 9]]


@pytest.mark.parametrize("usage", ["null", '{"prompt_tokens":null,"completion_tokens":null}'])
def test_a_usage_of_null_harms_nothing(usage: str) -> None:
    events, _ = said("openai", f'{{"choices":[],"usage":{usage}}}')
    assert events in ([], [["USAGE", 0, 0]])


@pytest.mark.parametrize("count", ["-1", "1e300", str(1 << 60), '"7"'])
def test_a_count_that_is_none_is_corrupt(count: str) -> None:
    events, _ = said("openai", f'{{"choices":[],"usage":{{"prompt_tokens":{count},"completion_tokens":1}}}}')
    assert [event[0] for event in events] == ["CORRUPT"]


def test_no_role_chunk_empty_string_ping_or_signature_is_content() -> None:
    assert said("openai", choice(0), '{"choices":[{"index":0,"delta":{"role":"assistant"}}]}')[0] == []
    assert (
        said("openai", '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}]}', '{"choices":null}')[
            0
        ]
        == []
    )
    assert (
        said("anthropic", '{"type":"ping"}', anthropic("content_block_start", content_block={"text": ""}))[0]
        == []
    )
    assert said("generic", '{"content":""}', "{}")[0] == []


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_has_two_names_among_the_relatives(field: str) -> None:
    data = json.dumps({"choices": [{"index": 0, "delta": {field: "hm"}}]})
    for name in ("openai", "vllm", "tgi_chat"):
        assert said(name, data)[0] == [["REASONING", "hm"]]


def test_a_refusal_is_visible_text_and_an_old_function_call_a_tool() -> None:
    assert said("openai", '{"choices":[{"delta":{"refusal":"No."}}]}')[0] == [["TEXT", "No."]]
    call = '{"choices":[{"delta":{"function_call":{"name":"f","arguments":"{"}}}]}'
    assert said("openai", call)[0] == [["TOOL", "{", "f"]]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("anthropic", '{"type":"new_event","delta":"text","usage":[]}'),
        ("anthropic", '{"type":"content_block_delta","delta":{"type":"citations_delta","citation":{"a":1}}}'),
        ("openai_responses", '{"type":"response.audio.delta","delta":{"bytes":1}}'),
        ("openai_responses", '{"type":"response.queued","response":{"id":"r"}}'),
    ],
)
def test_an_event_of_an_unknown_type_is_passed_over_whatever_its_fields_hold(name: str, data: str) -> None:
    assert said(name, data)[0] == []


@pytest.mark.parametrize(
    ("name", "data", "code", "message"),
    [
        (
            "openai",
            '{"error":{"message":"over","type":"server_error","param":null,"code":503}}',
            "503",
            "over",
        ),
        ("vllm", '{"object":"error","message":"old","type":"InternalServerError","code":500}', "500", "old"),
        (
            "vllm",
            '{"object":"error","message":"old","type":"InternalServerError"}',
            "InternalServerError",
            "old",
        ),
        ("tgi", '{"error":"full","error_type":"overloaded"}', "overloaded", "full"),
        ("tgi_chat", '{"error":{"message":"bad","http_status_code":422}}', "422", "bad"),
        ("openai", '{"error":"full","error_type":"overloaded"}', "overloaded", "full"),
        (
            "openai",
            '{"choices":[{"index":0,"delta":{},"finish_reason":"error"}],"error":{"code":502,"message":"up"}}',
            "502",
            "up",
        ),
        (
            "openai",
            '{"choices":[{"index":0,"delta":{},"finish_reason":"abort"}]}',
            "abort",
            "generation failed",
        ),
        (
            "anthropic",
            '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}',
            "overloaded_error",
            "Overloaded",
        ),
        (
            "openai_responses",
            '{"type":"error","code":"server_error","message":"boom","param":null,"sequence_number":7}',
            "server_error",
            "boom",
        ),
        (
            "openai_responses",
            '{"type":"error","error":{"type":"server_error","code":"c","message":"boom","param":null}}',
            "c",
            "boom",
        ),
        (
            "openai_responses",
            '{"type":"response.failed","response":{"status":"failed","error":{"code":"c","message":"boom"}}}',
            "c",
            "boom",
        ),
        ("gemini", '{"error":{"code":503,"message":"later","status":"UNAVAILABLE"}}', "503", "later"),
        ("gemini", '{"promptFeedback":{"blockReason":"SAFETY"}}', "SAFETY", "the prompt was blocked"),
        ("ollama", '{"error":"no such model"}', "", "no such model"),
        ("generic", '{"error":{"type":"server_error","message":"boom"}}', "server_error", "boom"),
        ("generic", '{"error":{}}', "", ""),
    ],
)
def test_every_shape_of_error_in_a_stream_is_read(name: str, data: str, code: str, message: str) -> None:
    events, completion = said(name, data)
    assert events == [["ERROR", message, code] if code else ["ERROR", message] if message else ["ERROR"]]
    assert completion is Completion.OPEN


CODES = {
    "openai_responses": "server_error",
    "tgi": "generation",
    "tgi_chat": "422",
    "gemini": "503",
    "ollama": "",
}


@pytest.mark.parametrize(
    ("name", "shape"),
    [(name, shape) for name in dialects.names() for shape in ("", *dialects.load(name).error_shapes)],
)
def test_an_error_in_mid_stream_is_written_in_each_shape_and_read_back(name: str, shape: str) -> None:
    dialect = dialects.load(name)
    say = dialect.encoder(REPLY)
    code = "overloaded_error" if name == "anthropic" else CODES.get(name, "503")
    written = say.start() + say.text("Hi") + say.error(code, "no more wörds", shape)
    events, decoder = meanings(dialect, [written])
    assert telling(events)[-2:] == [
        ["TEXT", "Hi"],
        ["ERROR", "no more wörds", code] if code else ["ERROR", "no more wörds"],
    ]
    assert decoder.completion is Completion.OPEN


@pytest.mark.parametrize("name", dialects.names())
def test_an_unknown_shape_of_error_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=dialects.load(name).error_shapes[0]):
        dialects.load(name).encoder(REPLY).error("500", "x", "baroque")


@pytest.mark.parametrize(
    ("name", "status", "code", "expected"),
    [
        (
            "openai",
            400,
            "context_length_exceeded",
            ("invalid_request_error", "messages", "context_length_exceeded"),
        ),
        ("openai", 401, "", ("invalid_request_error", None, "invalid_api_key")),
        ("openai", 404, "", ("invalid_request_error", None, "model_not_found")),
        ("openai", 429, "", ("requests", None, "rate_limit_exceeded")),
        ("openai", 429, "tokens", ("tokens", None, "rate_limit_exceeded")),
        ("openai", 429, "insufficient_quota", ("insufficient_quota", None, "insufficient_quota")),
        ("openai", 500, "", ("server_error", None, None)),
        ("openai", 503, "", ("server_error", None, None)),
        ("vllm", 429, "", ("RateLimitError", None, 429)),
    ],
)
def test_chat_error_bodies(name: str, status: int, code: str, expected: tuple[object, ...]) -> None:
    body = json.loads(dialects.load(name).error_body(status, code, "why"))
    error = body["error"]
    assert (error["type"], error["param"], error["code"]) == expected
    assert error["message"] == "why"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"), (401, "authentication_error"), (402, "billing_error"),
        (403, "permission_error"), (404, "not_found_error"), (408, "timeout_error"), (409, "conflict_error"),
        (413, "request_too_large"), (429, "rate_limit_error"), (500, "api_error"), (503, "api_error"),
        (504, "timeout_error"), (529, "overloaded_error"), (418, "invalid_request_error"),
    ],
)  # fmt: skip
def test_anthropic_error_bodies_agree_with_their_status(status: int, kind: str) -> None:
    body = json.loads(dialects.load("anthropic").error_body(status, "rate_limited", "why"))
    assert (body["type"], body["error"]) == ("error", {"type": kind, "message": "why"})
    assert body["request_id"].startswith("req_")


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("tgi", 422, {"error": "why", "error_type": "validation"}),
        ("tgi", 424, {"error": "why", "error_type": "generation"}),
        ("tgi", 429, {"error": "why", "error_type": "overloaded"}),
        ("tgi", 500, {"error": "why", "error_type": "incomplete_generation"}),
        (
            "gemini",
            429,
            {"error": {"code": 429, "message": "why", "status": "RESOURCE_EXHAUSTED", "details": []}},
        ),
        ("ollama", 404, {"error": "why"}),
        ("generic", 429, {"error": {"type": "rate_limit_exceeded", "message": "why"}}),
        ("generic", 404, {"error": {"type": "invalid_request", "message": "why"}}),
        ("generic", 503, {"error": {"type": "server_error", "message": "why"}}),
    ],
)
def test_error_bodies_of_the_others(name: str, status: int, body: dict[str, object]) -> None:
    assert json.loads(dialects.load(name).error_body(status, "", "why")) == body


@pytest.mark.parametrize("name", dialects.names())
def test_an_error_body_is_read_back_and_other_bodies_are_nobodys(name: str) -> None:
    dialect = dialects.load(name)
    assert dialect.read_error(dialect.error_body(429, "", "too many"))[1] == "too many"
    for body in (
        b"",
        b"<html>502 Bad Gateway</html>",
        b"{}",
        b"[]",
        dialect.whole(REPLY, "Hi", "stop", Usage(1, 1)),
    ):
        assert dialect.read_error(body) == ("", "")


def test_continuous_usage_counts_what_was_said_so_far() -> None:
    say = dialects.load("vllm").encoder(
        Reply(id="", model="m", created_s=0, continuous_usage=True, input_tokens=5)
    )
    frames = frame_decoder("sse").feed(
        say.start() + say.text("ab", tokens=2) + say.reasoning("c") + say.text("d")
    )
    counts = [json.loads(frame.data)["usage"]["completion_tokens"] for frame in frames]
    assert counts == [0, 2, 3, 4]


def test_usage_is_left_out_unless_asked_for() -> None:
    for name in ("openai", "vllm"):
        say = dialects.load(name).encoder(REPLY)
        assert b'"usage"' not in say.start() + say.text("a") + say.finish("stop", Usage(1, 1)) + say.end()


def test_a_dialect_that_no_file_has_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="openia"):
        dialects.load("openia")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("overloaded_error", "overloaded"),
        ("rate_limit_exceeded", "overloaded"),
        ("server_error", "generation"),
        ("incomplete_generation", "incomplete_generation"),
    ],
)
def test_tgi_fails_in_mid_stream_with_types_of_its_own(code: str, kind: str) -> None:
    """Clients map an error by its type; none of theirs is called `server_error`."""
    failed = dialects.load("tgi").encoder(REPLY).error(code, "no more")
    assert json.loads(failed.removeprefix(b"data: ")) == {"error": "no more", "error_type": kind}


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "validation"), (424, "generation"), (503, "incomplete_generation")]
)
def test_a_status_of_tgi_and_its_type_do_not_contradict_each_other(status: int, kind: str) -> None:
    body = dialects.load("tgi").error_body(status, "", "no")
    assert json.loads(body)["error_type"] == kind
