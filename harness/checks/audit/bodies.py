"""Answers that are no stream: what their body says, and whether its text is the answer's. Pure."""

from typing import Any

import msgspec

from harness.answer import WORDS, AnswerCheck, Integrity
from harness.dialects.events import UNREADABLE


class Said(msgspec.Struct, frozen=True):
    """`text` None: the body is no answer in any of the shapes that are known here."""

    text: str | None
    output_tokens: int | None = None


def said(body: bytes) -> Said:
    """The answer in a JSON body, whichever provider's shape it has."""
    try:
        value = msgspec.json.decode(body)
    except UNREADABLE:
        return Said(None)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return Said(_text(value), _output_tokens(value)) if isinstance(value, dict) else Said(None)


def _text(value: dict[str, Any]) -> str | None:
    match value:
        case {"content": str(text)} | {"generated_text": str(text)}:
            return text
        case {"choices": [{"message": {"content": str(text)}}, *_]} | {"message": {"content": str(text)}}:
            return text
        case {"content": [*blocks]}:
            return "".join(block["text"] for block in blocks if isinstance(block, dict) and "text" in block)
        case _:
            return None


def _output_tokens(value: dict[str, Any]) -> int | None:
    match value.get("usage"):
        case {"output_tokens": int(tokens)} | {"completion_tokens": int(tokens)}:
            return tokens
        case _:
            return None


def verified(text: str, stream: int) -> Integrity:
    """What is wrong with `text` as an answer to `stream`.

    The provider's seed is not known here. It decides with which of so many words an answer begins, so the one
    that fits best is taken.
    """
    found = []
    for seed in range(len(WORDS)):
        check = AnswerCheck(seed, stream)
        check.feed(text)
        found.append(check.result())
    return min(found, key=lambda one: (one.lost + one.duplicated + one.reordered + one.altered, -one.tokens))
