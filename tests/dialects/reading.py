"""Bytes -> token events, and token events as short lists."""

from harness.dialects.dialect import Decoder, Dialect
from harness.dialects.events import Kind, TokenEvent
from harness.wire import frame_decoder


def meanings(dialect: Dialect, parts: list[bytes]) -> tuple[list[TokenEvent], Decoder]:
    """All that a fresh decoder of `dialect` understands of these reads."""
    wire, decoder = frame_decoder(dialect.wire), dialect.decoder()
    events = [event for part in parts for frame in wire.feed(part) for event in decoder.feed(frame)]
    return events, decoder


def short(event: TokenEvent) -> list[str | int]:
    """[kind, text, code] without trailing blanks, or [USAGE, input, output]."""
    if event.kind is Kind.USAGE and event.usage is not None:
        return ["USAGE", event.usage.input_tokens, event.usage.output_tokens]
    return [
        event.kind.name,
        *([event.text, event.code] if event.code else [event.text] if event.text else []),
    ]


def telling(events: list[TokenEvent]) -> list[list[str | int]]:
    """The events that say something, short."""
    return [short(event) for event in events if event.kind is not Kind.OTHER]
