"""Bytes of answers in the generic dialect, and receptions to feed them to."""

import json

from harness import dialects
from harness.answer import AnswerCheck, token
from harness.record import StreamRecord
from harness.transports.ending import Cause
from harness.transports.reception import Reception

SEED, STREAM = 7, 42
DIALECT = dialects.load("generic")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def event(**fields: object) -> bytes:
    return f"data: {json.dumps(fields)}\n\n".encode()


def text(index: int) -> bytes:
    """The event that carries canonical token `index`."""
    return event(content=token(SEED, STREAM, index))


def done(tokens: int | None = None, reason: str = "stop") -> bytes:
    usage = None if tokens is None else {"input_tokens": 3, "output_tokens": tokens}
    return event(done=True, finish_reason=reason, usage=usage)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def record() -> StreamRecord:
    return StreamRecord(stream=STREAM, intended_ns=0, dispatched_ns=0, sent_ns=1000)


def reception(
    verified: bool = True, leave_at: int | None = None, dialect: str = "generic", streamed: bool = True
) -> Reception:
    check = AnswerCheck(SEED, STREAM) if verified else None
    return Reception(record(), dialects.load(dialect), check, leave_at, streamed)


def outcome_of(
    *reads: bytes,
    cause: Cause | None = None,
    verified: bool = True,
    dialect: str = "generic",
    streamed: bool = True,
) -> StreamRecord:
    """The record of an answer that arrived in `reads`, read k at k ms, and then ended by `cause`.

    Without one the peer closes the connection after the last read.
    """
    receiving = reception(verified, dialect=dialect, streamed=streamed)
    ended = None
    for number, data in enumerate(reads, 1):
        ended = receiving.feed(data, number * 1_000_000, 5_000)
        if ended is not None:
            break
    if ended is None:
        ended = cause or receiving.feed(b"", 99_000_000, 0)
    assert ended is not None
    receiving.settle(ended, 100_000_000, dialects.load(dialect))
    return receiving.record
