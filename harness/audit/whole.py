"""What an answer in one piece says, whoever's JSON it is. Pure.

Not a dialect's `read_whole`: that one answers a request which chose the dialect, and takes another shape for
CORRUPT. The system that is audited may stream in one dialect and answer in one piece in a JSON of its own,
with any one of these fields for its text, and be right.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from harness.dialects.events import UNREADABLE, Kind, TokenEvent, Usage, corrupt, failed


def events_of(body: bytes) -> list[TokenEvent]:
    """Text, usage and finish of a whole answer; an ERROR where it is one; CORRUPT for what is no object."""
    try:
        value = msgspec.json.decode(body)
    except UNREADABLE as error:
        return list(corrupt(error))
    if isinstance(value, list) and len(value) == 1:
        value = value[0]  # TGI answers with a list of one
    if not isinstance(value, dict):
        return list(corrupt("no JSON object"))
    if value.get("error") is not None:
        return [failed(value["error"])]
    text = "".join(_texts(value))
    events = [TokenEvent(Kind.TEXT, text)] if text else []
    usage = _usage(value.get("usage") or value.get("usageMetadata") or {})
    if usage is not None:
        events.append(TokenEvent(Kind.USAGE, usage=usage))
    return [*events, TokenEvent(Kind.FINISH, code=_finish(value))]


def _texts(value: dict[str, Any]) -> Iterator[str]:
    match value:
        case {"content": str(text)} | {"generated_text": str(text)} | {"response": str(text)}:
            yield text
        case {"choices": [{"message": {"content": str(text)}}, *_]} | {"message": {"content": str(text)}}:
            yield text
        case {"content": list(parts)}:
            yield from _parts(parts)
        case {"candidates": [{"content": {"parts": list(parts)}}, *_]}:
            yield from _parts(parts)
        case {"output": list(items)}:
            for item in items:
                if isinstance(item, dict) and isinstance(item.get("content"), list):
                    yield from _parts(item["content"])


def _parts(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    for into, out in (
        ("input_tokens", "output_tokens"),
        ("prompt_tokens", "completion_tokens"),
        ("promptTokenCount", "candidatesTokenCount"),
    ):
        match value.get(into), value.get(out):
            case int(before), int(after):
                return Usage(before, after)
    return None


def _finish(value: dict[str, Any]) -> str:
    match value:
        case {"finish_reason": str(why)} | {"stop_reason": str(why)} | {"done_reason": str(why)}:
            return why
        case {"choices": [{"finish_reason": str(why)}, *_]}:
            return why
    return "stop"
