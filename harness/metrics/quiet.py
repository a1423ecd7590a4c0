"""Silence on one stream: stretches without a byte, signs of life in them, and how it ended."""

from dataclasses import dataclass

import numpy as np

from harness.metrics.samples import Floats, Ints
from harness.record import Outcome, StreamRecord


@dataclass(frozen=True)
class Quiet:
    """Seconds. A beat is a read without content while the answer was open: a comment, a ping."""

    longest_s: float  # without a byte, from the response's head to the stream's end
    after_byte_s: float  # from the last byte to the end; from sending where none came
    after_content_s: float  # from the last content to the end, likewise
    lasted_s: float  # from sending to the end
    beats: int
    beats_at_the_end: int  # of these, after the last content


def quiet(record: StreamRecord) -> Quiet:
    """Of a stream that is over. Where the end marker came, that is its end."""
    sent_ns = record.intended_ns if record.sent_ns is None else record.sent_ns
    closed_ns = record.closed_ns if record.terminal_ns is None else record.terminal_ns
    end_s = ((sent_ns if closed_ns is None else closed_ns) - sent_ns) / 1e9
    read_s: Floats = np.frombuffer(record.read_us, dtype="<i4") / 1e6
    content: Ints = np.frombuffer(record.read_events, dtype="<i4").astype(np.int64)
    # What arrives with the end, an error or the end marker, is the end and no sign of life before it.
    before = read_s < end_s - 0.001
    read_s, content = read_s[before], content[before]
    head_s = 0.0 if record.headers_ns is None else (record.headers_ns - sent_ns) / 1e9
    last_content_s = 0.0 if record.last_content_ns is None else (record.last_content_ns - sent_ns) / 1e9
    # The head of a refusal is its end too.
    last_byte_s = float(read_s[-1]) if len(read_s) else head_s if head_s < end_s - 0.001 else 0.0
    stretches = np.diff(np.concatenate([[head_s], read_s, [end_s]]))
    return Quiet(
        longest_s=float(stretches.max()),
        after_byte_s=end_s - last_byte_s,
        after_content_s=end_s - last_content_s,
        lasted_s=end_s,
        beats=int(np.count_nonzero(content == 0)),
        beats_at_the_end=int(np.count_nonzero((content == 0) & (read_s > last_content_s))),
    )


def end_mode(record: StreamRecord) -> str:
    """How a stream ended, in the words of someone who looks for the one who ended it."""
    match record.outcome:
        case Outcome.COMPLETED:
            return "whole"
        case Outcome.REFUSED | Outcome.RATE_LIMITED if record.status is not None:
            return f"HTTP {record.status}"
        case Outcome.REFUSED:
            return "no connection"
        case Outcome.ERROR_EVENT:
            return f"an error event ({record.error_code or record.error or 'without a code'})"
        case Outcome.CORRUPT:
            return "bytes inside the 200 that are no stream (an error page?)"
        case Outcome.RESET:
            return "RST"
        case Outcome.TRUNCATED if record.detail == "truncated_fin":
            return "FIN, in the middle of the response"
        case Outcome.TRUNCATED:
            return "a clean HTTP end without the end marker"
        case Outcome.STALLED | Outcome.TIMED_OUT:
            return "a black hole: nothing more came, not even an end"
        case other:
            return other.value.replace("_", " ")


def says_so(record: StreamRecord) -> bool:
    """Whether the user was told that the answer failed, in words a client can act on."""
    return record.outcome is Outcome.ERROR_EVENT or (record.status or 0) >= 400
