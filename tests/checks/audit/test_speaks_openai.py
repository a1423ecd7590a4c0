import msgspec
import pytest

from harness.answer import answer as tokens_of
from harness.dialects import openai
from harness.dialects.dialect import Reply
from harness.dialects.events import Usage
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, unasked

NAME = "speaks_openai"
REPLY = Reply(id="chatcmpl-1", model="m", created_s=1, include_usage=True)


def chunks(asked, stream):
    encoder = openai.OpenAiEncoder(REPLY)
    texts = tokens_of(scenes.SEED, stream, asked.tokens)
    usage = Usage(scenes.INPUT_TOKENS, asked.tokens)
    said = (
        encoder.start() + b"".join(map(encoder.text, texts)) + encoder.finish("stop", usage) + encoder.end()
    )
    return [event + b"\n\n" for event in said.split(b"\n\n")[:-1]]


def streamed(change=lambda events: events):
    def answer(asked, stream):
        pieces = [(100.0, event) for event in change(chunks(asked, stream))]
        return scenes.heard(asked, pieces, dialect="openai", stream=stream)

    return answer


def whole(change=lambda value: value):
    def answer(asked, stream):
        text = "".join(tokens_of(scenes.SEED, stream, asked.tokens))
        value = msgspec.json.decode(openai.DIALECT.whole(REPLY, text, "stop", Usage(12, asked.tokens)))
        return body(asked, stream, 200, change(value))

    return answer


def refused(error):
    return lambda asked, stream: body(asked, stream, 400, {"error": error})


def body(asked, stream, status, value):
    said = [(50.0, msgspec.json.encode(value))]
    headers = {"content-type": "application/json"}
    return scenes.heard(asked, said, status=status, headers=headers, stream=stream, dialect="openai")


ERROR = {"message": "too long", "type": "invalid_request_error", "param": "messages", "code": None}
GOOD = {"streamed": streamed(), "in_one_piece": whole(), "refused": refused(ERROR)}


def changed(old, new, first=0):
    """Every event from number `first` on, with `new` for `old`."""
    return lambda events: [*events[:first], *(event.replace(old, new) for event in events[first:])]


def without(key):
    return lambda value: {name: inner for name, inner in value.items() if name != key}


def test_the_shape_of_openai_passes():
    found = finding(NAME, **GOOD)
    assert (found.state, "3 answers" in found.evidence, "34 chunks" in found.evidence) == ("PASS", True, True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda events: events[:-1], "no single [DONE]"),
        (lambda events: [*events, events[-1]], "no single [DONE]"),
        (changed(b'"created":1,', b""), "chunk 1 of 33 lacks created"),
        (changed(b"chatcmpl-1", b"chatcmpl-2", 3), "id changes"),
        (lambda events: events[1:], "the first delta names no role"),
        (changed(b'"finish_reason":"stop"', b'"finish_reason":null'), "finish reasons []"),
        (
            lambda events: [*events[:5], *events[6:]],
            "29 of 30 tokens (1 lost), then corrupt in its deltas",
        ),
        (changed(b'"total_tokens":42', b'"total_tokens":30'), "total_tokens 30 of 12 and 30"),
        (lambda events: [b"data: hello\n\n", *events], "chunk 1 of 34 is no JSON object"),
        (changed(b'"delta"', b'"message"'), "without index or delta"),
    ],
)
def test_a_stream_that_troubles_a_client_fails(change, why):
    found = finding(NAME, **(GOOD | {"streamed": streamed(change)}))
    assert (found.state, found.value, why in found.evidence) == ("FAIL", 1, True), found.evidence


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without("id"), "no chat.completion"),
        (without("usage"), "usage is missing"),
        (lambda value: {**value, "object": "chat.completion.chunk"}, "no chat.completion"),
        (lambda value: {**value, "usage": {"prompt_tokens": 1}}, "usage lacks"),
    ],
)
def test_a_body_that_troubles_a_client_fails(change, why):
    found = finding(NAME, **(GOOD | {"in_one_piece": whole(change)}))
    assert (found.state, why in found.evidence) == ("FAIL", True), found.evidence


@pytest.mark.parametrize(
    ("error", "why"),
    [("too long", "without an error object"), (without("code")(ERROR), "lacks code")],
)
def test_an_error_of_another_shape_fails(error, why):
    found = finding(NAME, **(GOOD | {"refused": refused(error)}))
    assert (found.state, why in found.evidence) == ("FAIL", True), found.evidence


def test_a_refusal_with_status_200_is_another_checks_business():
    assert finding(NAME, **(GOOD | {"refused": lambda q, s: body(q, s, 200, {"error": "?"})})).state == "PASS"


def test_answers_that_nobody_was_asked_for_decide_nothing():
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"
