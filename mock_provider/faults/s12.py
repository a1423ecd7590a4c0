"""S12: usage left out, or null."""

from typing import Any

import msgspec

from harness.plan.provider import FaultRule
from mock_provider.faults.fault import Fault, Setting
from mock_provider.script import Do, Script, Step


def without_usage(frame: bytes, null: bool) -> bytes:
    """An SSE frame's JSON with every key that counts tokens removed or set to null, wherever it stands."""
    lines = []
    for line in frame.split(b"\n"):
        if line.startswith(b"data: {") and b"usage" in line.lower():
            line = b"data: " + msgspec.json.encode(_stripped(msgspec.json.decode(line[6:]), null))
        lines.append(line)
    return b"\n".join(lines)


def _stripped(value: Any, null: bool) -> Any:
    if isinstance(value, dict):
        kept = {key: _stripped(item, null) for key, item in value.items() if null or not _counts(key)}
        return {key: None if _counts(key) else item for key, item in kept.items()}
    return [_stripped(item, null) for item in value] if isinstance(value, list) else value


def _counts(key: str) -> bool:
    return key in ("usage", "usageMetadata")


def play(script: Script, rule: FaultRule, setting: Setting) -> Script:
    null = FAULT.kind(rule) == "null"

    def reframe(frame: bytes, number: int) -> list[bytes]:
        return [without_usage(frame, null)]

    return script.replace([Step(0, Do.FAULT), *script.steps], reframe=reframe)


FAULT = Fault(play=play, takes=("kind",), kinds=("missing", "null"), positional=False)
