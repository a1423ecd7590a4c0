"""Answers in one piece: there with their last byte, verified like any other, and each ending has its name."""

import json
from array import array

import pytest

from harness.answer import answer
from harness.record import Outcome, StreamRecord
from harness.transports.ending import Cause
from tests.transports.answers import LAST, SEED, STREAM, chunk, outcome_of, reception

MS = 1_000_000
FAILED = b'{"error":{"type":"x","message":"no"}}'
USAGE = {"input_tokens": 3, "output_tokens": 2}


def body(tokens: int = 2, **changes: object) -> bytes:
    said = "".join(answer(SEED, STREAM, tokens))
    return json.dumps({"content": said, "finish_reason": "stop", "usage": USAGE, **changes}).encode()


def head(length: int | None, status: bytes = b"200 OK", kind: bytes = b"application/json") -> bytes:
    framing = b"transfer-encoding: chunked" if length is None else b"content-length: %d" % length
    return b"HTTP/1.1 %b\r\ncontent-type: %b\r\n%b\r\n\r\n" % (status, kind, framing)


def whole(*reads: bytes, cause: Cause | None = None, verified: bool = True) -> StreamRecord:
    return outcome_of(*reads, cause=cause, verified=verified, streamed=False)


def test_first_and_last_content_arrive_with_the_read_that_completes_the_answer():
    data = body()
    found = whole(head(len(data)) + data[:10], data[10:])
    assert (found.outcome, found.detail, found.error) == (Outcome.COMPLETED, "complete", "")
    stamps = (found.headers_ns, found.first_byte_ns, found.first_event_ns, found.first_content_ns)
    assert stamps == (1 * MS, 1 * MS, 2 * MS, 2 * MS)
    assert (found.first_output_ns, found.last_content_ns, found.terminal_ns) == (2 * MS, 2 * MS, 2 * MS)
    assert (found.tokens, found.content_events, found.frames, found.verified) == (2, 1, 1, True)
    assert (found.input_tokens, found.output_tokens, found.finish_reason) == (3, 2, "stop")
    arrays = [list(array("i", data)) for data in (found.read_bytes, found.read_events, found.read_tokens)]
    assert arrays == [[10, len(data) - 10], [0, 1], [0, 2]]


def test_a_chunked_end_that_comes_by_itself_is_when_the_answer_is_there():
    data = body()
    found = whole(head(None) + chunk(data), LAST)
    assert (found.outcome, found.first_byte_ns, found.first_content_ns) == (Outcome.COMPLETED, MS, 2 * MS)
    assert list(array("i", found.read_bytes)) == [len(data), 0]
    assert list(array("i", found.read_tokens)) == [0, 2]


def test_an_answer_that_only_the_end_of_the_connection_ends_is_there_with_it():
    found = whole(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + body())
    assert (found.outcome, found.tokens, found.first_content_ns) == (Outcome.COMPLETED, 2, 99 * MS)


@pytest.mark.parametrize(
    ("outcome", "detail", "reads", "cause"),
    [
        (Outcome.RATE_LIMITED, "http_429", [head(2, b"429 Too Many Requests") + b"{}"], None),
        (Outcome.REFUSED, "http_503", [head(2, b"503 Busy") + b"{}"], None),
        (Outcome.TRUNCATED, "truncated_fin", [head(len(body()) + 1) + body()], None),
        (Outcome.RESET, "reset", [head(999) + body()], Cause.RESET),
        (Outcome.TIMED_OUT, "timeout_total", [], Cause.TIMEOUT_TOTAL),
        (Outcome.CANCELLED, "client_cancel", [], Cause.LEFT),
        (Outcome.CORRUPT, "malformed", [head(9) + body()[:9]], None),
        (Outcome.CORRUPT, "malformed", [head(13, kind=b"text/html") + b"<html></html>"], None),
        (Outcome.TRUNCATED, "truncated_silent", [head(0)], None),
        (Outcome.TRUNCATED, "empty", [head(len(body(0))) + body(0)], None),
        (Outcome.TRUNCATED, "short_text", [head(len(body(1))) + body(1)], None),
        (Outcome.CORRUPT, "corrupt", [head(None) + chunk(body(content="other")) + LAST], None),
        (Outcome.ERROR_EVENT, "error_in_body", [head(len(FAILED)) + FAILED], None),
    ],
)  # fmt: skip
def test_every_ending_has_its_name(outcome, detail, reads, cause):
    found = whole(*reads, cause=cause)
    assert (found.outcome, found.detail) == (outcome, detail)
    assert found.error


def test_a_page_or_a_stream_in_place_of_an_answer_is_told_by_its_kind():
    stream = b'data: {"content":"x"}\n\n'
    found = whole(head(len(stream), kind=b"text/event-stream") + stream)
    assert found.error.endswith("(content-type text/event-stream)")


def test_whoever_listens_hears_a_whole_answer_at_its_end():
    receiving, heard = reception(streamed=False), []
    receiving.hear = heard.append
    data = body()
    assert receiving.feed(head(len(data)) + data, MS, 0) is Cause.HTTP_END
    assert [event.kind.name for event in heard] == ["TEXT", "USAGE", "FINISH", "END"]
    assert receiving.keep_alive
