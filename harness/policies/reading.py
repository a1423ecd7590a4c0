"""How long somebody still reads when an answer has ended."""

from harness.clock import SECOND
from harness.record import StreamRecord

SPEED = 5.3  # tokens a second, silent reading of English prose


def left_s(record: StreamRecord) -> float:
    """Seconds from the end of the attempt until its user has read it all; 0 where nothing can be read.

    Reading begins with the first text, so much of a stream has been read when it ends; of an answer in one
    piece nothing has.
    """
    if record.first_output_ns is None or record.closed_ns is None:
        return 0.0
    tokens = record.tokens or record.output_tokens or record.content_events
    return max(0.0, tokens / SPEED - (record.closed_ns - record.first_output_ns) / SECOND)
