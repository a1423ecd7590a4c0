"""S12: usage left out, null, or on every chunk."""

from collections.abc import Callable
from typing import Any

import msgspec

from harness.dialects.dialect import Dialect
from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, Step

_USAGE = ("usage", "usageMetadata", "details", "prompt_eval_count", "eval_count")
# Dialects whose chunks have a place for it; the others state usage in events of their own.
_EVERYWHERE = ("openai", "vllm", "tgi_chat", "generic", "generic_accumulated", "ollama")


class _Changed:
    """Rewrites the JSON of each event, on one SSE data line or alone on its line."""

    def __init__(self, change: Callable[[Any, int], Any]) -> None:
        self._change = change

    def __call__(self, frame: bytes, do: Do, tokens: int) -> list[bytes]:
        lines = frame.split(b"\n")
        for position, line in enumerate(lines):
            start = 6 if line.startswith(b"data: {") else 0
            if line[start : start + 1] == b"{":
                changed = self._change(msgspec.json.decode(line[start:]), tokens)
                lines[position] = line[:start] + msgspec.json.encode(changed)
        return [b"\n".join(lines)]

    def end(self) -> list[bytes]:
        return []


def _missing(value: Any, tokens: int = 0) -> Any:
    """Without every key that counts tokens, wherever it stands."""
    if isinstance(value, dict):
        return {key: _missing(item) for key, item in value.items() if key not in _USAGE}
    return [_missing(item) for item in value] if isinstance(value, list) else value


def _null(value: Any, tokens: int = 0) -> Any:
    if isinstance(value, dict):
        return {key: None if key in _USAGE else _null(item) for key, item in value.items()}
    return [_null(item) for item in value] if isinstance(value, list) else value


def _everywhere(dialect: str, input_tokens: int) -> Callable[[Any, int], Any]:
    def change(value: Any, tokens: int) -> Any:
        if dialect == "ollama":
            return {"prompt_eval_count": input_tokens, "eval_count": tokens} | value
        if value.get("usage") is not None:
            return value
        if dialect.startswith("generic"):
            return value | {"usage": {"input_tokens": input_tokens, "output_tokens": tokens}}
        counts = {"prompt_tokens": input_tokens, "completion_tokens": tokens}
        return value | {"usage": {**counts, "total_tokens": input_tokens + tokens}}

    return change


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    match FAULT.kind(rule):
        case "every":
            change = _everywhere(setting.dialect.name, setting.input_tokens)
        case "null":
            change = _null
        case _:
            change = _missing
    return script.replace([Step(0, Do.FAULT), *script.steps], reframe=lambda: _Changed(change))


def can_play(kind: str, dialect: Dialect) -> bool:
    return kind != "every" or dialect.name in _EVERYWHERE


FAULT = Fault(
    play=play,
    takes=("kind",),
    kinds=("missing", "null", "every"),
    positional=False,
    can_play=can_play,
)
