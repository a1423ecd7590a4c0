"""One upstream answer: bytes in, content out, and how it ended. No I/O and no clock."""

from gateway import failure
from gateway.calls import Calls
from gateway.failure import Failure
from harness.dialects.dialect import Decoder
from harness.dialects.events import Completion, Kind, TokenEvent, Usage
from harness.wire.frame import WireError
from harness.wire.sse import SseDecoder

# Every provider has its own words for the same endings; users hear those of OpenAI Chat.
_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos_token": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "refusal": "content_filter",
}


class Answer:
    """Takes a provider's stream as its bytes come. `over` turns true once and for good; only then does
    `failure` tell a whole answer (None) from a broken one, and are `calls` whole.

    The last word is believed only after a finish reason: OpenAI's `[DONE]` alone proves nothing.
    """

    def __init__(self, wire: SseDecoder, decoder: Decoder) -> None:
        self._wire, self._decoder = wire, decoder
        self.over = False
        self.failure: Failure | None = None
        self.reason = ""
        self.usage: Usage | None = None
        self.calls = Calls()

    def feed(self, data: bytes) -> list[TokenEvent]:
        """The text, the reasoning and the pieces of tool calls that `data` completed."""
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
        elif why is None and self.reason == "tool_calls" and not self.calls:
            why = failure.CORRUPT  # it stopped for calls that it did not make: that is no answer to anybody
        self.over, self.failure = True, why

    def end(self) -> list[TokenEvent]:
        """The upstream's body ended cleanly. Returns the content of an event that lacked only its blank line;
        half an event is none, and the answer is then truncated."""
        content: list[TokenEvent] = []
        if not self.over and self._wire.leftover:
            events = [event for frame in self._wire.feed(b"\n\n") for event in self._decoder.feed(frame)]
            if not any(event.kind is Kind.CORRUPT for event in events):
                for event in events:
                    self._take(event, content)
        self.close()
        return content

    def _take(self, event: TokenEvent, content: list[TokenEvent]) -> None:
        match event.kind:
            case Kind.TEXT | Kind.REASONING:
                content.append(event)
            case Kind.TOOL if self.calls.take(event):
                content.append(event)
            case Kind.USAGE:
                self.usage = event.usage
            case Kind.FINISH:
                self.reason = _REASONS.get(event.code, event.code)
            case Kind.END:
                self.close()
            case Kind.ERROR:
                self._fail(failure.from_event(event.code, event.text))
            case Kind.CORRUPT | Kind.TOOL:  # arguments of no call make no sense
                self._fail(failure.CORRUPT)
            case _:
                pass  # proof of life is the gateway's own to give

    def _fail(self, why: Failure) -> None:
        self.over, self.failure = True, why
