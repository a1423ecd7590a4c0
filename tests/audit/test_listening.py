"""One answer out of bytes and instants, with all that a check may want of it."""

import pytest

from harness.answer import AnswerCheck, answer
from harness.audit.listening import Listening
from harness.dialects import load
from harness.dialects.events import Kind
from harness.record import Outcome, StreamRecord
from harness.transports.ending import Cause

SEED, STREAM = 7, 42
DIALECT = load("generic")


def heard(parts: list[bytes], ending: Cause | None = None) -> Listening:
    """Each part is read at the instant of its number, in ms."""
    record = StreamRecord(stream=STREAM, intended_ns=0, sent_ns=0)
    listening = Listening(record, DIALECT, lambda: AnswerCheck(SEED, STREAM))
    cause: Cause | None = None
    for number, part in enumerate(parts):
        cause = cause or listening.feed(part, number * 1_000_000, 0)
    listening.settle(ending or cause or Cause.EOF, len(parts) * 1_000_000, DIALECT)
    return listening


def response(kind: str, body: bytes, status: int = 200) -> list[bytes]:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nX-Own: 1\r\nContent-Length: {len(body)}\r\n\r\n"
    return [head.encode(), body]


def test_of_a_stream_headers_body_and_each_events_instant_are_kept() -> None:
    first, last = b'data: {"content":"[000042:0000] rain "}\n\n', b'data: {"done":true}\n\n'
    head, _ = response("text/event-stream", first + last)
    listening = heard([head, first, last])
    assert listening.headers["x-own"] == "1"
    assert bytes(listening.body) == first + last
    assert [(arrived.t_ns, arrived.event.kind) for arrived in listening.events] == [
        (1_000_000, Kind.TEXT),
        (2_000_000, Kind.FINISH),
        (2_000_000, Kind.END),
    ]


def test_the_body_of_a_refusal_is_kept_too() -> None:
    listening = heard(response("application/json", b'{"error":{"type":"busy","message":"no"}}', 503))
    assert (listening.record.outcome, listening.record.error) == (Outcome.REFUSED, "no")
    assert bytes(listening.body).startswith(b'{"error"')


def whole(text: str) -> bytes:
    return (
        b'{"content":"%b","finish_reason":"stop","usage":{"input_tokens":3,"output_tokens":2}}'
        % text.encode()
    )


def test_a_json_body_is_an_answer_in_one_piece() -> None:
    text = "".join(answer(SEED, STREAM, 2))
    record = heard(response("application/json; charset=utf-8", whole(text))).record
    assert (record.outcome, record.detail, record.error) == (Outcome.COMPLETED, "complete", "")
    assert (record.tokens, record.output_tokens, record.finish_reason) == (2, 2, "stop")
    assert (record.verified, record.first_content_ns, record.terminal_ns) == (True, 1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (whole("".join(answer(SEED, 43, 2))), Outcome.CORRUPT),
        (b'{"error":{"type":"server","message":"broken"}}', Outcome.ERROR_EVENT),
        (b"{", Outcome.CORRUPT),
        (b"{}", Outcome.TRUNCATED),
    ],
)
def test_in_one_piece_too_an_answer_may_be_wrong(body: bytes, outcome: Outcome) -> None:
    assert heard(response("application/json", body)).record.outcome is outcome


def test_half_of_a_piece_is_no_answer() -> None:
    head, body = response("application/json", whole("x"))
    record = heard([head, body[:20], b""]).record
    assert record.outcome is Outcome.TRUNCATED


def test_who_leaves_before_the_piece_has_left() -> None:
    head, _ = response("application/json", whole("x"))
    assert heard([head], Cause.LEFT).record.outcome is Outcome.CANCELLED
