"""Systems that meet a silence of their provider, and hops with limits in front of them. Modelled."""

from typing import Any

from harness.checks.audit.check import Heard, Question
from harness.transports.ending import Cause
from tests.checks.audit.scenes import Piece, beating, heard, pieces_of, silent

HEAD_MS = 1.0
PAGE = b"<html><body><h1>504 Gateway Time-out</h1></body></html>"
GAVE_UP = b'data: {"error":{"type":"upstream_stalled","message":"The provider fell silent."}}\n\n'


def meets(
    asked: Question,
    *,
    beat_s: float | None = None,
    gives_up_s: float | None = None,
    idle_s: float | None = None,
    total_s: float | None = None,
    forgets_s: float | None = None,
    **more: Any,
) -> Heard:
    """What comes of `asked` where the system beats, or gives up a silent provider with an error event,

    and a hop closes a connection that is idle for so long, or open for so long, or forgets it.
    """
    fault, _, seconds = asked.fault.partition(":")
    silence_ms = 1000 * float(seconds or 0)
    pieces = pieces_of(asked)
    head_ms = HEAD_MS + (silence_ms if fault == "c2" else 0)
    if fault in ("c2", "c3"):
        pieces = silent(pieces, 0, silence_ms / 1000)
    elif fault:
        pieces = silent(pieces, int(fault.partition("@")[2]), silence_ms / 1000)
    if gives_up_s is not None:
        pieces = _given_up(pieces, head_ms, gives_up_s)
    if beat_s is not None:
        shifted = [(at - head_ms, data) for at, data in pieces]
        pieces = [(at + head_ms, data) for at, data in beating(shifted, beat_s)]
    if idle_s is not None and head_ms > idle_s * 1000:
        answer = {"status": 504, "headers": {"content-type": "text/html"}}
        return heard(asked, [(idle_s * 1000, PAGE)], headers_ms=idle_s * 1000, **{**answer, **more})
    cut = _cut(pieces, head_ms, idle_s, total_s, forgets_s, asked)
    if cut is None:
        return heard(asked, pieces, headers_ms=head_ms, **more)
    last_ms, ends_ms, ending = cut
    came = [piece for piece in pieces if piece[0] <= last_ms]
    return heard(asked, came, headers_ms=min(head_ms, last_ms), ending=ending, ends_ms=ends_ms, **more)


def _given_up(pieces: list[Piece], head_ms: float, limit_s: float) -> list[Piece]:
    told = head_ms
    for number, (at, _) in enumerate(pieces):
        if at - told > limit_s * 1000:
            return [*pieces[:number], (told + limit_s * 1000, GAVE_UP)]
        told = at
    return pieces


def _cut(
    pieces: list[Piece], head_ms: float, idle_s: float | None, total_s: float | None,
    forgets_s: float | None, asked: Question,
) -> tuple[float, float, Cause] | None:  # fmt: skip
    """After what nothing comes, when that is the end, and how it looks; the first of all limits."""
    cuts: list[tuple[float, float, Cause]] = []
    told = head_ms
    for at, _ in pieces:
        if idle_s is not None and at - told > idle_s * 1000:
            cuts.append((told, told + idle_s * 1000, Cause.EOF))
        if forgets_s is not None and at - told > forgets_s * 1000:
            cuts.append((told, told + asked.limits.idle_s * 1000, Cause.TIMEOUT_IDLE))
        told = at
    if total_s is not None and told > total_s * 1000:
        cuts.append((total_s * 1000, total_s * 1000, Cause.RESET))
    return min(cuts, key=lambda cut: cut[1], default=None)
