"""One upstream answer: bytes in, content out, and how it ended. No I/O and no clock."""

from gateway import failure
from gateway.failure import Failure
from harness.dialects import openai
from harness.dialects.events import Completion, Kind, TokenEvent, Usage
from harness.wire.frame import WireError
from harness.wire.sse import SseDecoder


class Answer:
    """Takes an OpenAI stream as its bytes come. `over` turns true once and for good; only then does
    `failure` tell a whole answer (None) from a broken one.

    The last word is believed only after a finish reason: `[DONE]` alone proves nothing.
    """

    def __init__(self) -> None:
        self._wire = SseDecoder()
        self._decoder = openai.DIALECT.decoder()
        self.over = False
        self.failure: Failure | None = None
        self.reason = ""
        self.usage: Usage | None = None

    def feed(self, data: bytes) -> list[TokenEvent]:
        """The text and reasoning that `data` completed."""
        content: list[TokenEvent] = []
        try:
            frames = self._wire.feed(data)
        except WireError:
            self._fail(failure.CORRUPT)
            return content
        for frame in frames:
            for event in self._decoder.feed(frame):
                if not self.over:
                    self._take(event, content)
        return content

    def close(self, why: Failure | None = None) -> None:
        """The upstream's body ended: cleanly, or because of `why`."""
        if self.over:
            return
        if why is None and self._decoder.completion is Completion.OPEN:
            why = failure.TRUNCATED
        self.over, self.failure = True, why

    def _take(self, event: TokenEvent, content: list[TokenEvent]) -> None:
        match event.kind:
            case Kind.TEXT | Kind.REASONING:
                content.append(event)
            case Kind.USAGE:
                self.usage = event.usage
            case Kind.FINISH:
                self.reason = event.code
            case Kind.END:
                self.close()
            case Kind.ERROR:
                self._fail(failure.from_event(event.code, event.text))
            case Kind.CORRUPT:
                self._fail(failure.CORRUPT)
            case Kind.TOOL | Kind.OTHER:
                pass  # the generic dialect has no tools, and proof of life is the gateway's own to give

    def _fail(self, why: Failure) -> None:
        self.over, self.failure = True, why
