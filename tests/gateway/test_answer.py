import pytest

from gateway import failure
from gateway.answer import Answer
from harness import dialects
from harness.dialects.dialect import Reply, ToolCall
from harness.dialects.events import Kind, TokenEvent, Usage
from harness.wire.frame import MAX_LINE
from harness.wire.sse import SseDecoder

TEXT = 'data: {"choices":[{"index":0,"delta":{"content":"wörd😀"}}]}\n\n'.encode()
FINISH = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n'
DONE = b"data: [DONE]\n\n"
CONTENT = [TokenEvent(Kind.TEXT, "wörd😀")]


def answer_of(dialect: str = "openai") -> Answer:
    return Answer(SseDecoder(), dialects.load(dialect).decoder())


def test_a_whole_answer_gives_its_content_its_reason_and_its_usage_at_any_cut():
    data = TEXT + FINISH + USAGE + DONE
    for cut in range(1, len(data)):
        answer = answer_of()
        content = answer.feed(data[:cut]) + answer.feed(data[cut:])
        assert content == CONTENT
        assert (answer.over, answer.failure) == (True, None)
        assert (answer.reason, answer.usage) == ("length", Usage(3, 1))


def test_an_answer_is_not_over_before_its_last_word():
    answer = answer_of()
    answer.feed(TEXT + FINISH + USAGE)
    assert not answer.over


def test_a_clean_end_without_the_marker_is_truncated():
    answer = answer_of()
    answer.feed(TEXT)
    answer.close()
    assert answer.failure == failure.TRUNCATED


def test_a_clean_end_after_a_finish_reason_is_whole_without_the_marker():
    answer = answer_of()
    answer.feed(TEXT + FINISH)
    answer.close()
    assert answer.failure is None


def test_a_death_after_a_finish_reason_but_before_the_marker_is_a_death():
    answer = answer_of()
    answer.feed(TEXT + FINISH)
    answer.close(failure.DIED)
    assert answer.failure == failure.DIED


def test_a_marker_without_a_finish_reason_is_no_whole_answer():
    answer = answer_of()
    answer.feed(TEXT + DONE)
    assert answer.failure == failure.TRUNCATED


def test_a_death_after_the_marker_harms_nothing():
    answer = answer_of()
    answer.feed(TEXT + FINISH + DONE)
    answer.close(failure.DIED)
    assert answer.failure is None


def test_an_error_event_keeps_its_code_and_what_follows_it_is_no_content():
    answer = answer_of()
    error = b'data: {"error":{"message":"Engine overloaded","type":"server_error","code":503}}\n\n'
    assert answer.feed(TEXT + error + TEXT + FINISH + DONE) == CONTENT
    assert answer.failure == failure.from_event("503", "Engine overloaded")


@pytest.mark.parametrize(
    "bad", [b"data: {nonsense}\n\n", b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n']
)
def test_nonsense_is_corrupt(bad):
    answer = answer_of()
    answer.feed(bad)
    assert (answer.over, answer.failure) == (True, failure.CORRUPT)


def test_a_line_without_end_is_corrupt_and_not_kept():
    answer = answer_of()
    answer.feed(b"data: " + b"x" * MAX_LINE)
    assert answer.failure == failure.CORRUPT


def test_role_chunks_and_comments_are_no_content_and_reasoning_is():
    answer = answer_of()
    role = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
    thought = b'data: {"choices":[{"delta":{"reasoning":"hm"}}]}\n\n'
    assert answer.feed(b": ping\n\n" + role + thought) == [TokenEvent(Kind.REASONING, "hm")]


def test_an_answer_without_usage_does_not_invent_one():
    answer = answer_of()
    answer.feed(TEXT + FINISH + DONE)
    assert answer.usage is None


@pytest.mark.parametrize("dialect", ["openai", "vllm", "anthropic", "tgi_chat"])
def test_tool_calls_are_whole_at_the_end_of_any_providers_answer(dialect: str):
    say = dialects.load(dialect).encoder(Reply(id="x", model="m", created_s=0, include_usage=True))
    data = say.start() + say.tool_open(0, "p1", "clock") + say.tool_fragment(0, "{}")
    data += (
        say.tool_open(1, "p2", "lookup") + say.tool_fragment(1, '{"wo') + say.tool_fragment(1, 'rd":"itl"}')
    )
    answer = answer_of(dialect)
    content = answer.feed(data + say.finish("tool_calls", Usage(3, 4)) + say.end())
    assert (answer.over, answer.failure, answer.reason) == (True, None, "tool_calls")
    assert {event.kind for event in content} == {Kind.TOOL}
    assert answer.calls.whole(5) == [
        ToolCall("call_5", "clock", "{}"),
        ToolCall("call_6", "lookup", '{"word":"itl"}'),
    ]


def test_arguments_of_no_call_are_corrupt():
    answer = answer_of()
    fragment = b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}]}\n\n'
    assert answer.feed(fragment) == []
    assert answer.failure == failure.CORRUPT


@pytest.mark.parametrize(
    ("dialect", "said", "heard"),
    [
        ("anthropic", "stop", "stop"),
        ("anthropic", "length", "length"),
        ("anthropic", "content_filter", "content_filter"),
        ("tgi", "stop", "stop"),
        ("vllm", "length", "length"),
        ("anthropic", "pause_turn", "pause_turn"),
    ],
)
def test_reasons_are_the_same_words_whoever_said_them(dialect: str, said: str, heard: str):
    say = dialects.load(dialect).encoder(Reply(id="x", model="m", created_s=0, include_usage=True))
    answer = answer_of(dialect)
    answer.feed(say.start() + say.text("a") + say.finish(said, Usage(1, 1)) + say.end())
    assert (answer.failure, answer.reason) == (None, heard)


def test_an_answer_that_stopped_for_calls_it_did_not_make_is_none():
    answer = answer_of()
    answer.feed(FINISH.replace(b"length", b"tool_calls") + DONE)
    assert answer.failure == failure.CORRUPT
