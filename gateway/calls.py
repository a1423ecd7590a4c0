"""Tool calls, put together from the pieces in which a provider streams them. Pure."""

import msgspec

from harness.dialects.dialect import ToolCall
from harness.dialects.events import TokenEvent


class Calls:
    """Collects the calls of one answer: an opening names the tool, what follows are its arguments.

    Providers' own ids do not survive every dialect, so calls get ours; a provider only wants to see the same
    id on a call and on its result.
    """

    def __init__(self) -> None:
        self._open: list[tuple[str, list[str]]] = []

    def __len__(self) -> int:
        return len(self._open)

    def take(self, event: TokenEvent) -> bool:
        """Take a TOOL event; False for arguments that belong to no call."""
        if event.code:
            self._open.append((event.code, []))
        if not self._open:
            return False
        self._open[-1][1].append(event.text)
        return True

    def whole(self, first: int = 1) -> list[ToolCall]:
        """All calls, in order, numbered from `first`. No arguments at all are an empty object."""
        return [
            ToolCall(f"call_{number}", name, "".join(pieces) or "{}")
            for number, (name, pieces) in enumerate(self._open, first)
        ]


def arguments_of(call: ToolCall) -> dict[str, object] | None:
    """The arguments of `call`; None where they are no JSON object."""
    try:
        return msgspec.json.decode(call.arguments, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return None
