"""Thirteen byte sequences that break other load tools' parsers, on the pure chain from HTTP to the text.

Each is an OpenAI Chat answer of four canonical tokens, given read by read. What must come out is exact: the
text, the number of tokens, the read that brought the first content, and whether the answer is a success.
"""

import json
from dataclasses import dataclass, field

import pytest

from harness import dialects
from harness.answer import AnswerCheck, answer
from harness.dialects.events import CONTENT, Completion, Kind
from harness.wire.http1 import ResponseReader
from harness.wire.sse import SseDecoder
from tests.misbehaving import LAST_CHUNK, chunk, head

SEED, STREAM = 7, 57  # an answer that holds U+2028 and characters of one to four bytes
TOKENS = answer(SEED, STREAM, 4)
TEXT = "".join(TOKENS)


@dataclass
class Heard:
    """What the chain made of the reads."""

    text: str = ""
    tokens: int = 0
    first_content_read: int | None = None  # of the body, counted from 0
    success: bool = False
    codes: list[str] = field(default_factory=list)


def listen(reads: list[bytes]) -> Heard:
    """Each read is one chunk of a chunked response that ends cleanly."""
    http, wire, decoder = ResponseReader(), SseDecoder(), dialects.load("openai").decoder()
    check, heard = AnswerCheck(SEED, STREAM), Heard()
    http.feed(head(chunked=True))
    for number, data in enumerate([*map(chunk, reads), LAST_CHUNK]):
        for frame in wire.feed(b"".join(http.feed(data))):
            for event in decoder.feed(frame):
                if event.kind in CONTENT and heard.first_content_read is None:
                    heard.first_content_read = number
                if event.kind is Kind.TEXT:
                    heard.text += event.text
                    heard.tokens += check.feed(event.text)
                if event.kind in (Kind.ERROR, Kind.CORRUPT):
                    heard.codes.append(event.code)
    assert http.eof()
    heard.success = (
        decoder.completion is Completion.FULL
        and not heard.codes
        and heard.tokens > 0
        and check.result().intact
    )
    return heard


def payload(text: str | None = None, *, role: bool = False, reason: str | None = None) -> str:
    delta = ({"role": "assistant", "content": ""} if role else {}) | ({"content": text} if text else {})
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    return json.dumps(chunk, ensure_ascii=False)


PAYLOADS = [payload(role=True), *map(payload, TOKENS), payload(reason="stop"), "[DONE]"]
ERROR = '{"error":{"message":"Engine overloaded","type":"server_error","param":null,"code":503}}'


def events(end: str = "\n", before: str = "", space: str = " ") -> list[bytes]:
    """The answer, an event a read."""
    return [f"{before}data:{space}{data}{end}{end}".encode() for data in PAYLOADS]


def escaped() -> list[bytes]:
    """The answer in ASCII, as most providers' JSON encoders write it."""
    ascii_only = [data if data == "[DONE]" else json.dumps(json.loads(data)) for data in PAYLOADS]
    return [f"data: {data}\n\n".encode("ascii") for data in ascii_only]


def with_comment() -> list[bytes]:
    role, *rest = events()
    return [role, b": keep-alive\n\n", *rest]


def after_each_space() -> list[bytes]:
    whole = b"".join(events())
    pieces = whole.split(b" ")
    return [piece + b" " for piece in pieces[:-1]] + [pieces[-1]]


def over_two_lines() -> list[bytes]:
    """JSON may be cut between any two of its parts; the lines are joined by LF, which is a blank there."""
    return [f"data: {data}\n\n".replace('"delta"', '\ndata: "delta"').encode() for data in PAYLOADS]


WHOLE = Heard(TEXT, 4, 1, True)


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        pytest.param(escaped(), WHOLE, id="plain LF"),
        pytest.param(events(end="\r\n"), WHOLE, id="CRLF"),
        pytest.param(events(space=""), WHOLE, id="data: without space"),
        pytest.param(
            with_comment(), Heard(TEXT, 4, 2, True), id="comment alone in a read after the role chunk"
        ),
        pytest.param(events(before="event: message\n"), WHOLE, id="event: first"),
        pytest.param(events(before="id: 1\n"), WHOLE, id="id: first"),
        pytest.param(
            events()[:3], Heard("".join(TOKENS[:2]), 2, 1, False), id="clean end after 2 of 4 tokens"
        ),
        pytest.param(
            [*events()[:3], f"data: {ERROR}\n\n".encode(), b"data: [DONE]\n\n"],
            Heard("".join(TOKENS[:2]), 2, 1, False, ["503"]),
            id="error frame after 2 tokens",
        ),
        pytest.param(
            [bytes([byte]) for byte in b"".join(events())],
            Heard(TEXT, 4, len(b"".join(events()[:2])) - 1, True),
            id="1-byte reads",
        ),
        pytest.param(events(), WHOLE, id="raw U+2028 in a string"),
        pytest.param(after_each_space(), Heard(TEXT, 4, None, True), id="read boundary after a space"),
        pytest.param(over_two_lines(), WHOLE, id="one event over two data: lines"),
        pytest.param([b"data: [DONE]\n\n"], Heard("", 0, None, False), id="200 with only [DONE]"),
    ],
)
def test_text_count_first_content_and_success_are_exact(reads: list[bytes], expected: Heard) -> None:
    if reads == after_each_space():  # the first token is whole with the read that holds the end of its event
        ends = b"".join(events()[:2])
        expected.first_content_read = next(n for n in range(len(reads)) if b"".join(reads[: n + 1]) >= ends)
    assert listen(reads) == expected


def test_the_answer_holds_what_careless_parsers_break() -> None:
    assert "\u2028" in TEXT
    assert {len(character.encode()) for character in TEXT} == {1, 2, 3, 4}
