"""What a check hears, made by the real parser out of bytes and instants: no sockets, no clock.

`heard(question)` is a system that does all right. What it does wrong is said by other pieces, another ending,
another ledger. Times are ms after the question was sent, which is instant 0.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from harness import dialects
from harness.answer import AnswerCheck, token
from harness.audit.listening import Listening
from harness.checks.audit.check import Heard, Question
from harness.dialects.dialect import Reply
from harness.dialects.events import TokenEvent, Usage
from harness.record import LedgerRow, StreamRecord
from harness.transports.ending import Cause

SEED, STREAM = 7, 42
MS = 1_000_000
INPUT_TOKENS = 12
EVENT_STREAM = {"content-type": "text/event-stream", "cache-control": "no-cache"}

Piece = tuple[float, bytes]  # when it is written or arrives, ms; bytes of the body
Path = Callable[[list[float], list[int]], list[float]]  # (leaving, sizes) -> arriving, ms


def question(**changes: Any) -> Question:
    return Question(**{"name": "it", **changes})


def pieces_of(asked: Question, stream: int = STREAM, dialect: str = "generic") -> list[Piece]:
    """A whole answer, event by event, as the mock provider paces it; the last piece is its end."""
    encoder = dialects.load(dialect).encoder(Reply(id="x", model="m", created_s=0))
    pieces: list[Piece] = []
    if opening := encoder.start():
        pieces.append((asked.ttft_ms, opening))
    for first, count in frames_of(asked):
        text = "".join(token(SEED, stream, first + number) for number in range(count))
        pieces.append((due_ms(asked, first + count), encoder.text(text, count)))
    usage = Usage(INPUT_TOKENS, asked.tokens)
    last = encoder.finish("stop", usage) + encoder.end()
    pieces.append((due_ms(asked, asked.tokens), last))
    return pieces


def frames_of(asked: Question) -> list[tuple[int, int]]:
    """(number of its first token, tokens) of each event: the first holds one, like the mock provider's."""
    sizes = [1] + [asked.tokens_per_chunk] * ((asked.tokens - 1) // asked.tokens_per_chunk)
    if rest := asked.tokens - sum(sizes):
        sizes.append(rest)
    return list(zip(np.cumsum([0, *sizes[:-1]]).tolist(), sizes, strict=True))


def due_ms(asked: Question, tokens: int) -> float:
    """When so many tokens are generated."""
    return asked.ttft_ms + (tokens - 1) * asked.itl_ms


def silent(pieces: Iterable[Piece], after: int, seconds: float) -> list[Piece]:
    """The same with a silence after so many pieces."""
    return [(at + (number >= after) * seconds * 1000, data) for number, (at, data) in enumerate(pieces)]


def beating(pieces: Iterable[Piece], every_s: float) -> list[Piece]:
    """The same with a comment wherever nothing else is said for so long, counted from the response's head."""
    told, said = 0.0, []
    for at, data in pieces:
        while at - told > every_s * 1000:
            told += every_s * 1000
            said.append((told, b": heartbeat\n\n"))
        told = at
        said.append((at, data))
    return said


def through(path: Path, pieces: list[Piece]) -> list[Piece]:
    """`pieces` as they arrive behind `path`."""
    arriving = path([at for at, _ in pieces], [len(data) for _, data in pieces])
    return [(at, data) for at, (_, data) in zip(arriving, pieces, strict=True)]


def ledger_of(asked: Question, stream: int = STREAM, tokens: int | None = None, **changes: Any) -> LedgerRow:
    """The provider's row of an attempt that wrote `tokens` tokens (all, if None), each when it was due."""
    written = [(at, n) for at, n in frames_of(asked) if tokens is None or at + n <= tokens]
    emit_us = [round(1000 * due_ms(asked, at + n)) for at, n in written]
    emitted = sum(n for _, n in written)
    row: dict[str, Any] = {
        "request": "r1", "stream": stream, "dialect": "openai", "path": "/v1/chat/completions",
        "model": "mock-chat", "received_ns": 0, "headers_ns": MS, "ended_by": "provider",
        "finish_reason": "stop", "input_tokens": INPUT_TOKENS, "planned_tokens": asked.tokens,
        "emitted_tokens": emitted, "emit_us": _int32(emit_us), "emit_tokens": _int32([n for _, n in written]),
        "fault": asked.fault,
    }  # fmt: skip
    if emit_us:
        row["first_token_ns"], row["last_token_ns"] = emit_us[0] * 1000, emit_us[-1] * 1000
    end_ns = (emit_us[-1] if emit_us else 1000) * 1000
    row |= {"terminal_ns": end_ns, "closed_ns": end_ns}
    return LedgerRow(**(row | changes))


def heard(
    asked: Question,
    pieces: Iterable[Piece] | None = None,
    *,
    ending: Cause = Cause.HTTP_END,
    ends_ms: float | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    headers_ms: float = 1.0,
    stream: int = STREAM,
    dialect: str = "generic",
    check: bool = True,
    ledger: list[LedgerRow] | None = None,
    path: Path | None = None,
    **more: Any,
) -> Heard:
    """What came of `asked`: a whole answer, or `pieces` as they arrived and an `ending` at `ends_ms`.

    Pieces that arrive at one instant are one read. `status` 0 is a response that never came. The
    keywords in `more` are fields of `Heard`, e.g. `log`.
    """
    said = list(pieces_of(asked, stream, dialect) if pieces is None else pieces)
    if path is not None:
        said = through(path, said)
    spoken = dialects.load(dialect)
    record = StreamRecord(stream=stream, name=asked.name, intended_ns=0, dispatched_ns=0, sent_ns=0)
    record.connected_ns = 0
    listening = Listening(record, spoken, lambda: AnswerCheck(SEED, stream) if check else None)

    def read(data: bytes, at_ms: float) -> Cause | None:
        return listening.feed(data, round(at_ms * MS), 0)

    shown = EVENT_STREAM if headers is None else headers
    cause: Cause | None = None
    if status:
        cause = read(_head(status, shown), headers_ms)
    for at_ms, data in _reads(said):
        cause = cause or read(data, max(at_ms, headers_ms))
    last_ms = max([headers_ms * bool(status), *(at for at, _ in said)])
    closed_ms = last_ms if ends_ms is None else ends_ms
    if cause is None and ending is Cause.HTTP_END:
        cause = read(b"0\r\n\r\n", closed_ms)
    elif cause is None and ending is Cause.EOF:
        cause = read(b"", closed_ms)
    listening.settle(cause or ending, round(closed_ms * MS), spoken)
    rows = [ledger_of(asked, stream)] if ledger is None else ledger
    body = b"".join(data for _, data in said)
    return Heard(
        question=asked, record=record, headers=dict(shown) if status else {}, body=body,
        events=listening.events, ledger=rows, **more,
    )  # fmt: skip


def _reads(pieces: list[Piece]) -> list[Piece]:
    """Chunked, and what arrives together in one read."""
    reads: list[Piece] = []
    for at, data in pieces:
        chunk = b"%x\r\n%b\r\n" % (len(data), data)
        if reads and reads[-1][0] == at:
            reads[-1] = (at, reads[-1][1] + chunk)
        else:
            reads.append((at, chunk))
    return reads


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, "transfer-encoding: chunked"]) + "\r\n\r\n").encode()


def _int32(values: Iterable[int]) -> bytes:
    return np.array(list(values), dtype="<i4").tobytes()


def texts(found: Heard) -> list[TokenEvent]:
    """Every event of `found`, without its instant."""
    return [arrived.event for arrived in found.events]
