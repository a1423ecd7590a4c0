"""Users who left and answers that broke, for the checks of them. Instant 0 is when the question was sent."""

from typing import Any

from harness import dialects
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.dialects.dialect import Reply
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.scenes import MS


def state(check: Check, heard: list[Heard], terms: Terms | None = None) -> str:
    return finding(check, heard, terms).state


def finding(check: Check, heard: list[Heard], terms: Terms | None = None) -> Finding:
    return check.judge(heard, terms or Terms())


def questions(check: Check, terms: Terms | None = None) -> list[Question]:
    return list(check.ask(terms or Terms()))


def error_event(code: str = "upstream_died") -> bytes:
    encoder = dialects.load("generic").encoder(Reply(id="x", model="m", created_s=0))
    return encoder.error(code, "it broke")


def left(
    asked: Question,
    *,
    at_ms: float = 200.0,
    noticed_ms: float | None = 20.0,
    over_ms: float = 4_000.0,
    ended_by: str = "",
    **more: Any,
) -> Heard:
    """A user who left at `at_ms`; the provider noticed `noticed_ms` later, or was done at `over_ms`."""
    silence_ms = 1000 * float(asked.fault.partition(":")[2] or 0)  # before the head
    came = [piece for piece in scenes.pieces_of(asked) if piece[0] + silence_ms <= at_ms]
    over = at_ms + noticed_ms if noticed_ms is not None else over_ms
    written = [
        at + n for at, n in scenes.frames_of(asked) if scenes.due_ms(asked, at + n) + silence_ms <= over
    ]
    row = scenes.ledger_of(asked, tokens=max(written, default=0))
    row.peer_left_ns = round(over * MS) if noticed_ms is not None else None
    row.closed_ns, row.terminal_ns = round(over * MS), None
    row.ended_by = ended_by or ("peer" if noticed_ms is not None else "provider")
    ending = {"ending": Cause.LEFT, "ends_ms": at_ms, "ledger": [row]}
    return scenes.heard(asked, came, **{**ending, **more})


def broken(
    asked: Question,
    tokens: int = 12,
    told: bytes = b"",
    ending: Cause = Cause.HTTP_END,
    fault: str | None = None,
    **more: Any,
) -> Heard:
    """An answer that its provider broke after so many tokens, and what the user was `told` after them."""
    pieces = [*scenes.pieces_of(asked)[:tokens]]
    at_ms = pieces[-1][0] if pieces else 1.0
    row = scenes.ledger_of(asked, tokens=tokens, ended_by="fault", terminal_ns=None)
    row.fault = asked.fault if fault is None else fault
    said = [*pieces, *([(at_ms, told)] if told else [])]
    return scenes.heard(asked, said, **{"ending": ending, "ledger": [row], **more})


def refused(asked: Question, status: int, headers: dict[str, str] | None = None, **more: Any) -> Heard:
    """An answer that never came: the system answered with `status`."""
    body = b'{"error":{"type":"refused","message":"not now"}}'
    row = scenes.ledger_of(asked, tokens=0, ended_by="fault", status=status, terminal_ns=None)
    shown = {"content-type": "application/json", **(headers or {})}
    return scenes.heard(asked, [(2.0, body)], **{"status": status, "headers": shown, "ledger": [row], **more})


def unreached(asked: Question, **more: Any) -> Heard:
    """Nobody listened at the system's address."""
    return scenes.heard(asked, [], **{"status": 0, "ending": Cause.REFUSED, "ledger": [], **more})
