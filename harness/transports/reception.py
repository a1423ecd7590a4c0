"""What one answer's bytes mean, stamped read by stamped read: the pure half of every transport.

`feed` takes the bytes of one read and the instant at which they arrived, and fills the stream's record.
It says `Cause` when HTTP or the peer has ended the answer; what that makes of the stream is `settle`.
"""

from collections.abc import Callable, Sequence

from harness.answer import AnswerCheck, Integrity
from harness.dialects.dialect import Decoder, Dialect
from harness.dialects.events import CONTENT, TEXT, Completion, Kind, TokenEvent
from harness.dialects.likeness import Likeness
from harness.dialects.whole import WholeDecoder
from harness.record import StreamRecord
from harness.transports.alike import Alike
from harness.transports.ending import Cause, Shown, write_ending
from harness.transports.reads import Reads
from harness.wire.frame import Frame, WireError
from harness.wire.http1 import ResponseReader
from harness.wire.ndjson import NdjsonDecoder
from harness.wire.sse import SseDecoder
from harness.wire.whole import WholeBody

_MAX_ERROR_BODY = 64 * 1024


class Reception:
    """One response being received. Not reusable. Its record has stamps as they come, and counts once it
    is settled; until then `position` tells how far the answer is.

    Where it goes on with an answer that broke off, `check` is the one that saw the beginning: the record then
    counts what this response brought. `last_event` is the id of the last event, for the next to go on from.

    An answer that is not `streamed` is understood when HTTP has ended it: its first and its last content
    arrive together, with the read that completed it.
    """

    __slots__ = (
        "_alike", "_before", "_body", "_check", "_corrupt", "_decoder", "_error", "_frames", "_http",
        "_leave_at", "_likeness", "_reads", "_since_ns", "_thought", "_whole", "_wordless", "hear", "keep",
        "last_event", "record",
    )  # fmt: skip

    def __init__(
        self,
        record: StreamRecord,
        dialect: Dialect,
        check: AnswerCheck | None,
        leave_at_token: int | None = None,
        streamed: bool = True,
    ) -> None:
        self.record = record
        self._http = ResponseReader()
        self._whole = None if streamed else WholeBody()
        self._frames = self._whole or (SseDecoder() if dialect.wire == "sse" else NdjsonDecoder())
        self._decoder: Decoder = dialect.decoder() if streamed else WholeDecoder(dialect.read_whole)
        self._check = check
        self._before = check.result() if check is not None else Integrity()
        self.last_event = ""
        self._leave_at = leave_at_token
        self._body = b""  # of an error response
        self._error: TokenEvent | None = None
        self._corrupt = ""
        self._wordless = 0  # content events without visible text: reasoning, tool calls
        self._thought = 0  # tokens of the usage that were no answer
        self._reads = Reads()
        self._since_ns = 0  # what their offsets count from
        self._alike = Alike()
        self._likeness: Likeness | None = getattr(self._decoder, "likeness", None)
        self.hear: Callable[[TokenEvent], None] | None = None  # told of every event but proofs of life
        self.keep: Callable[[Sequence[bytes], int], None] | None = None  # given the body, and when it came

    @property
    def keep_alive(self) -> bool:
        """Whether the connection may carry another request."""
        return self._http.message_complete and self._http.keep_alive

    @property
    def headers(self) -> dict[str, str]:
        """Of the response, names in lower case; empty before its head is complete."""
        return self._http.headers if self._http.head_complete else {}

    @property
    def position(self) -> int:
        """How many tokens the user has seen. Frames are counted only where tokens cannot be told."""
        if self._check is None:
            return self._reads.events
        return self._check.tokens + self._wordless

    def feed(self, data: bytes, stamp_ns: int, lag_ns: int) -> Cause | None:
        """Take one read (b"" is the end of the connection). `lag_ns`: from arrival to Python's read."""
        alike = self._alike.understand(data)
        if alike is not None:
            text, size = alike
            return self._text(text, size, stamp_ns, lag_ns)
        if not data:
            return self._http_end(stamp_ns, lag_ns, False) if self._http.eof() else Cause.EOF
        record, http, broken = self.record, self._http, ""
        try:
            bodies: Sequence[bytes] = http.feed(data)
        except WireError as error:
            bodies, broken = error.completed, str(error)
        if record.headers_ns is None and http.head_complete:
            self._head(stamp_ns)
        if bodies:
            if self.keep is not None:
                self.keep(bodies, stamp_ns)
            if record.status is not None and record.status >= 300:
                self._body += b"".join(bodies)[: _MAX_ERROR_BODY - len(self._body)]
            elif offence := self._content(bodies, stamp_ns, lag_ns):
                self._corrupt = self._corrupt or offence
                return Cause.BROKEN
            elif self._likeness is not None and self.keep is None:  # what is kept must be taken out
                self._alike.learn(data, bodies, self._likeness)
        if broken:
            if self._decoder.completion is not Completion.FULL:  # else the answer is whole, and HTTP is not
                self._corrupt = self._corrupt or broken
            return Cause.BROKEN
        if http.message_complete:
            return self._http_end(stamp_ns, lag_ns, bool(bodies))
        return None if self._leave_at is None or self.position < self._leave_at else Cause.LEFT

    def _text(self, text: str, size: int, stamp_ns: int, lag_ns: int) -> Cause | None:
        """Take the text of a read that needed no layer. It is not the first, so one stamp is all it sets."""
        self.record.last_content_ns = stamp_ns
        tokens = self._check.feed(text) if self._check is not None else 0
        self._reads.note(stamp_ns - self._since_ns, lag_ns, size, 1, tokens)
        if self.hear is not None:
            self.hear(TokenEvent(TEXT, text))
        return None if self._leave_at is None or self.position < self._leave_at else Cause.LEFT

    def _http_end(self, stamp_ns: int, lag_ns: int, had_body: bool) -> Cause:
        """HTTP has ended the response; with that a whole answer is there, and told as its last read."""
        record = self.record
        if self._whole is not None and record.status is not None and record.status < 300:
            frames = self._whole.end()
            if not had_body:  # the end came by itself
                self._reads.note(stamp_ns - (record.sent_ns or record.intended_ns), lag_ns, 0, 0, 0)
            self._reads.amend(*self._understand(frames, stamp_ns))
        return Cause.HTTP_END

    def _head(self, stamp_ns: int) -> None:
        record = self.record
        record.headers_ns = stamp_ns
        record.status = self._http.status
        record.retry_after_s = _seconds(self._http.headers)

    def _content(self, bodies: Sequence[bytes], stamp_ns: int, lag_ns: int) -> str:
        """Take body bytes; returns what is wrong with them, if anything. What came before it counts."""
        record, offence = self.record, ""
        self._since_ns = record.sent_ns or record.intended_ns
        if record.first_byte_ns is None:
            record.first_byte_ns = stamp_ns
        size = events = tokens = 0
        for body in bodies:
            size += len(body)
            try:
                frames: Sequence[Frame] = self._frames.feed(body)
            except WireError as error:
                frames, offence = error.completed, str(error)
            if frames:
                found, completed = self._understand(frames, stamp_ns)
                events += found
                tokens += completed
            if offence:
                break
        self._reads.note(stamp_ns - self._since_ns, lag_ns, size, events, tokens)
        return offence

    def _understand(self, frames: Sequence[Frame], stamp_ns: int) -> tuple[int, int]:
        """Take frames of one read; (how many of them had content, how many tokens they completed)."""
        record, check, hear = self.record, self._check, self.hear
        events = tokens = 0
        for frame in frames:
            content = 0
            for event in self._decoder.feed(frame):
                kind = event.kind
                if kind is TEXT:
                    content = 1
                    if check is not None:
                        tokens += check.feed(event.text)
                    if record.first_output_ns is None:
                        record.first_output_ns = stamp_ns
                elif kind in CONTENT:
                    content = 1
                    self._wordless += 1
                else:
                    self._meaning(event, stamp_ns)
                if hear is not None and kind is not Kind.OTHER:
                    hear(event)
            events += content
        if frames:
            if len(frames) > events:  # those with content are counted in the end
                record.frames += len(frames) - events
            self.last_event = frames[-1].id
            if record.first_event_ns is None:
                record.first_event_ns = stamp_ns
        if events:
            if record.first_content_ns is None:
                record.first_content_ns = stamp_ns
            record.last_content_ns = stamp_ns
        return events, tokens

    def _meaning(self, event: TokenEvent, stamp_ns: int) -> None:
        record = self.record
        match event.kind:
            case Kind.USAGE if event.usage is not None:
                record.input_tokens = event.usage.input_tokens
                record.output_tokens = event.usage.output_tokens
                self._thought = event.usage.reasoning_tokens
            case Kind.FINISH:
                record.finish_reason = event.code
            case Kind.ERROR:
                self._error = self._error or event
            case Kind.CORRUPT:
                self._corrupt = self._corrupt or event.text
            case _:
                pass
        if record.terminal_ns is None and self._decoder.completion is Completion.FULL:
            record.terminal_ns = stamp_ns

    def settle(self, cause: Cause, closed_ns: int, dialect: Dialect) -> None:
        """Write down the counts, and how the attempt ended."""
        record = self.record
        record.closed_ns = closed_ns
        record.http_complete = cause is Cause.HTTP_END
        record.comments = getattr(self._frames, "comments", 0)
        record.leftover = self._frames.leftover
        record.after_done = getattr(self._decoder, "after_done", 0)
        self._reads.write(record)
        record.frames += record.content_events
        if self._check is not None:
            found, before = self._check.result(), self._before
            record.verified = True
            record.tokens = found.tokens - before.tokens
            record.lost = max(found.lost - before.lost, 0)  # a hole may be filled by going on before it
            record.duplicated = found.duplicated - before.duplicated
            record.reordered = found.reordered - before.reordered
            record.crosstalk = found.crosstalk - before.crosstalk
            record.altered = found.altered - before.altered
        shown = Shown(
            completion=self._decoder.completion,
            tokens=self._before.tokens + record.tokens,
            wordless=self._wordless > 0,
            thought=self._thought,
            streamed=self._whole is None,
            content_type=self._http.headers.get("content-type"),
            error=self._error,
            corrupt=self._corrupt,
            body=self._body,
        )
        write_ending(record, cause, shown, dialect)


def _seconds(headers: dict[str, str]) -> float | None:
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
    return None
