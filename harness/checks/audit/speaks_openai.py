"""Where a system offers the OpenAI API, its clients can rely on the shape of what they get."""

from collections.abc import Sequence
from typing import Any

import msgspec

from harness.checks.audit import hearing, tally
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.dialects.events import UNREADABLE

_FINISHES = ("stop", "length", "tool_calls", "content_filter", "function_call")


def ask(terms: Terms) -> Sequence[Question]:
    return [
        Question(name="streamed", endpoint="openai", limits=hearing.BRIEF),
        Question(name="in one piece", endpoint="openai", streamed=False, limits=hearing.BRIEF),
        Question(name="refused", endpoint="openai", fault="h4:context", limits=hearing.BRIEF),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    judged = [one for one in heard if one.ledger and one.record.status is not None]
    if not any(one.record.status == 200 for one in judged):
        return hearing.unjudged(hearing.why_nothing(heard))
    wrong = tally.wrong(judged, _against)
    if wrong:
        return tally.failed(f"{len(wrong)} of {len(judged)} answers would trouble an OpenAI client.", wrong)
    chunks = sum(len(hearing.frames(one)) for one in judged if one.question.name == "streamed")
    return tally.passed(
        f"{len(judged)} answers ({', '.join(one.question.name for one in judged)}; {chunks} chunks) "
        "have the shape that OpenAI's clients read."
    )


def _against(one: Heard) -> str:
    """What is wrong with the answer's shape; empty for nothing."""
    if one.record.status is not None and one.record.status >= 400:
        return _error(one)
    if one.question.fault:
        return ""  # whether a refusal is told by its status is a promise of its own
    return _stream(one) if one.question.streamed else _object(one)


def _error(one: Heard) -> str:
    match _json(one.body):
        case {"error": {"message": str(), "type": str(), **rest}} if "code" in rest and "param" in rest:
            return ""
        case {"error": dict(error)}:
            lacking = [key for key in ("message", "type", "param", "code") if key not in error]
            return f"the error of status {one.record.status} lacks {', '.join(lacking) or 'a text'}"
    return f"status {one.record.status} without an error object"


def _object(one: Heard) -> str:
    value = _json(one.body)
    match value:
        case {
            "id": str(),
            "object": "chat.completion",
            "created": int(),
            "model": str(),
            "choices": [{"index": 0, "message": {"role": "assistant"}, "finish_reason": str()}],
        }:
            pass
        case _:
            return f"no chat.completion: {one.body[:60].decode('utf-8', 'replace')}"
    if not hearing.whole(one):
        return f"{hearing.came(one)} in its message"
    return _usage(value.get("usage"), one)


def _stream(one: Heard) -> str:
    datas = [frame.data for frame in hearing.frames(one)]
    if not datas:
        return "no event"
    if datas.count(b"[DONE]") != 1 or datas[-1] != b"[DONE]":
        return "no single [DONE] at its end"
    chunks = [_json(data) for data in datas[:-1]]
    for number, chunk in enumerate(chunks, 1):
        if why := _chunk(chunk):
            return f"chunk {number} of {len(chunks)} {why}"
    for key in ("id", "model", "created"):
        if len({chunk[key] for chunk in chunks}) != 1:
            return f"{key} changes in mid-stream"
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    if not choices or choices[0]["delta"].get("role") != "assistant":
        return "the first delta names no role"
    finishes = [choice.get("finish_reason") for choice in choices if choice.get("finish_reason")]
    if len(finishes) != 1 or finishes[0] not in _FINISHES:
        return f"finish reasons {finishes}"
    if not hearing.whole(one):
        return f"{hearing.came(one)} in its deltas"
    usages = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    return _usage(usages[-1] if usages else None, one)


def _chunk(chunk: Any) -> str:
    match chunk:
        case {"error": _}:
            return "is an error"
        case {"id": str(), "object": "chat.completion.chunk", "created": int(), "model": str(),
              "choices": [*choices]}:  # fmt: skip
            if all(
                isinstance(c, dict) and "index" in c and isinstance(c.get("delta"), dict) for c in choices
            ):
                return ""
            return "has a choice without index or delta"
        case dict():
            keys = ("id", "object", "created", "model", "choices")
            lacking = [key for key in keys if key not in chunk]
            return f"lacks {', '.join(lacking)}" if lacking else "has an object or a type of its own"
    return "is no JSON object"


def _usage(usage: Any, one: Heard) -> str:
    match usage:
        case {"prompt_tokens": int(read), "completion_tokens": int(wrote), "total_tokens": int(total)}:
            return "" if total == read + wrote else f"total_tokens {total} of {read} and {wrote}"
        case None:
            return "" if one.question.streamed else "usage is missing"
    return "usage lacks prompt_tokens, completion_tokens or total_tokens"


def _json(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except UNREADABLE:
        return None


CHECK = Check(
    id="speaks_openai",
    group="integrity",
    promise="At its OpenAI endpoint the system answers in the shape that OpenAI's clients rely on.",
    how="One answer streamed, one in one piece and one that the provider refuses are held against the fields "
    "that the official clients read.",
    fix="Give every chunk id, object, created, model and choices (the same id in all), the first delta a "
    "role, the last one finish reason; end with `data: [DONE]`; make errors "
    '`{"error": {message, type, param, code}}`.',
    ask=ask,
    judge=judge,
    needs=frozenset({"mock", "openai"}),
)
