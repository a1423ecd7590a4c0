"""How an attempt ended: why receiving stopped, and what its record then says of it. Pure."""

from enum import Enum

import msgspec

from harness.dialects.dialect import Dialect
from harness.dialects.events import Completion, TokenEvent
from harness.record import Outcome, StreamRecord


class Cause(Enum):
    """Why receiving stopped."""

    HTTP_END = "the response is complete"
    EOF = "the peer closed the connection"
    RESET = "the peer reset the connection"
    BROKEN = "the bytes break HTTP or a bound"
    TIMEOUT_CONNECT = "timeout_connect"
    TIMEOUT_HEADERS = "timeout_headers"
    TIMEOUT_FIRST = "timeout_first"
    TIMEOUT_IDLE = "timeout_idle"
    TIMEOUT_TOTAL = "timeout_total"
    REFUSED = "no connection could be made"
    LEFT = "the user left by plan"
    GAVE_UP = "the user's patience ran out"
    RUN_ENDED = "the run ended"
    HARNESS = "the harness failed"


class Shown(msgspec.Struct, frozen=True):
    """What an answer has shown that its record has no column for."""

    completion: Completion
    tokens: int  # of the whole answer, what earlier attempts brought included
    wordless: bool  # it had content that is no visible text
    thought: int  # tokens that the usage counts and no text is made of
    streamed: bool
    content_type: str | None
    error: TokenEvent | None = None
    corrupt: str = ""  # what was wrong with it
    body: bytes = b""  # of an error response


def write_ending(record: StreamRecord, cause: Cause, shown: Shown, dialect: Dialect) -> None:
    """Fill in outcome, detail and error of a record whose counts are there."""
    record.outcome, record.detail = _outcome(record, cause, shown)
    if shown.body:
        code, message = dialect.read_error(shown.body)
        record.error_code = code
        record.error = _short_text(message or shown.body.decode("utf-8", "replace"))
    elif shown.error is not None:
        record.error_code, record.error = shown.error.code, _short_text(shown.error.text)
    elif shown.corrupt:
        record.error = _short_text(shown.corrupt + _unlike_json(shown))
    elif record.outcome is not Outcome.COMPLETED and not record.error:
        record.error = _reason(record, cause, shown)


def _outcome(record: StreamRecord, cause: Cause, shown: Shown) -> tuple[Outcome, str]:
    """The earliest rule that fits decides, as `Outcome` lists them."""
    status = record.status
    if status is not None and status >= 300:  # a redirect leads nowhere: its page is no answer
        return (Outcome.RATE_LIMITED if status == 429 else Outcome.REFUSED), f"http_{status}"
    if cause is Cause.REFUSED:
        return Outcome.REFUSED, "connect_fail"
    if shown.error is not None:
        return Outcome.ERROR_EVENT, "error_in_stream" if shown.streamed else "error_in_body"
    if shown.corrupt:
        return Outcome.CORRUPT, "malformed"
    if record.lost or record.duplicated or record.reordered or record.crosstalk or record.altered:
        return Outcome.CORRUPT, "corrupt"
    if cause in _LEAVING and shown.completion is not Completion.FULL:
        return _LEAVING[cause]  # else the whole answer was there first
    if not _complete(cause, shown):
        return _INCOMPLETE[cause]
    if record.content_events == 0:
        return Outcome.TRUNCATED, "empty"
    if _short(record, shown):
        return Outcome.TRUNCATED, "short_text"
    return Outcome.COMPLETED, "complete" if record.finish_reason else "no_finish"


def _complete(cause: Cause, shown: Shown) -> bool:
    return shown.completion is Completion.FULL or (
        shown.completion is Completion.FINISHED and cause is Cause.HTTP_END
    )


def _short(record: StreamRecord, shown: Shown) -> bool:
    # "stop" with less text than the usage claims is a false success, not a whole answer.
    claimed = record.output_tokens
    return (
        record.verified
        and not shown.wordless
        and claimed is not None
        and shown.tokens < claimed - shown.thought
    )


def _unlike_json(shown: Shown) -> str:
    """What came in place of an answer in one piece: a stream or a page, as often as not."""
    kind = shown.content_type or ""
    return "" if shown.streamed or "json" in kind else f" (content-type {kind})"


def _reason(record: StreamRecord, cause: Cause, shown: Shown) -> str:
    """Why an answer without an error of its own did not complete."""
    match record.detail:
        case "empty":
            return "the end marker came, but no content"
        case "short_text":
            return f"{record.tokens} tokens came, the usage claims {record.output_tokens}"
        case "truncated_silent" | "truncated_fin" if not record.frames and record.status is not None:
            missing = "no frame of a stream" if shown.streamed else "not all of an answer"
            return f"status {record.status} with {shown.content_type or 'nothing'}, and {missing} in it"
        case "truncated_silent":
            return "the response ended without the end marker"
        case "truncated_fin":
            return "the peer closed the connection before the end marker"
        case _:
            return cause.value


_LEAVING = {
    Cause.LEFT: (Outcome.CANCELLED, "client_cancel"),
    Cause.GAVE_UP: (Outcome.ABANDONED, "client_abandon"),
    Cause.RUN_ENDED: (Outcome.INTERRUPTED, "run_ended"),
    Cause.HARNESS: (Outcome.INTERRUPTED, "harness_error"),  # and the run is invalid
}
_INCOMPLETE = {
    Cause.HTTP_END: (Outcome.TRUNCATED, "truncated_silent"),
    Cause.EOF: (Outcome.TRUNCATED, "truncated_fin"),
    Cause.RESET: (Outcome.RESET, "reset"),
    Cause.BROKEN: (Outcome.CORRUPT, "malformed"),
    Cause.TIMEOUT_CONNECT: (Outcome.TIMED_OUT, "timeout_connect"),
    Cause.TIMEOUT_HEADERS: (Outcome.TIMED_OUT, "timeout_headers"),
    Cause.TIMEOUT_FIRST: (Outcome.TIMED_OUT, "timeout_first"),
    Cause.TIMEOUT_IDLE: (Outcome.STALLED, "timeout_idle"),
    Cause.TIMEOUT_TOTAL: (Outcome.TIMED_OUT, "timeout_total"),
}


def _short_text(text: str) -> str:
    return " ".join(text.split())[:300]
