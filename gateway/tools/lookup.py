"""The words of streaming, for a model that is asked about them."""

from typing import Any

from gateway.tools.tool import Tool, text_of
from harness.dialects.dialect import ToolOffer

_WORDS = {
    "backpressure": "what a slow reader does to its writer when nothing is allowed to pile up between them",
    "chunk": "bytes that HTTP/1.1 sends together; a chunk need not be an event, nor an event a token",
    "goodput": "answers that were delivered as promised, per second",
    "heartbeat": "a comment that keeps a silent stream open",
    "itl": "inter-token latency: the time from one token to the next",
    "sse": "server-sent events: text lines over HTTP, events parted by blank lines",
    "token": "a piece of text as the model makes them, about four characters of English",
    "truncation": "an answer that ends before it is complete, often without any error",
    "ttft": "time to first token: from the question to the first piece of the answer",
}


def _run(arguments: dict[str, Any]) -> str:
    word = text_of(arguments, "word").strip()
    meaning = _WORDS.get(word.lower())
    return meaning if meaning is not None else f"{word!r} is not in this glossary"


TOOL = Tool(
    ToolOffer(
        "lookup",
        "Look up a word of streaming in a glossary.",
        {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    ),
    _run,
)
