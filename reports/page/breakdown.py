"""Where the time to first token went: stacked bars of a page, and the same as a table."""

from typing import NamedTuple

from harness.summary import Decomposition, Summary
from reports.numerals import number

PARTS = {
    "earlier_attempts": ("earlier attempts", "t0 to the start of the last attempt"),
    "dispatch": ("dispatch", "t0 to t1: our own users started late"),
    "connect": ("connect", "t1 to t2: a connection made or waited for"),
    "send": ("send", "t2 to t3: the request on its way into the kernel"),
    "wait": ("wait", "t3 to t4: until the head of the response"),
    "first_byte": ("first byte", "t4 to t5: the first byte of the body"),
    "first_event": ("first event", "t5 to t6: the first frame with data"),
    "first_content": ("first content", "t6 to t7: from there to the first token"),
}
OWNERS = {
    "earlier_attempts": PARTS["earlier_attempts"],
    "client": ("client", "t0 to t1: ours"),
    "network": ("network", "t1 to t3: connecting and sending"),
    "system": ("system", "(t7 − t3) − (e1 − m1): all between the request and the provider"),
    "path": (
        "damaged network and system",
        "the same of users on a damaged network, whose delay cannot be told from the system's",
    ),
    "provider": ("provider", "e1 − m1: from the request to its first token"),
}
GROUPS = {"typical": "typical", "slow": "slowest twentieth"}


class Piece(NamedTuple):
    name: str
    ink: str
    ms: float
    share: float  # of the longest bar, in percent


class Bar(NamedTuple):
    phase: str
    group: str
    n: int
    ttft_ms: float
    pieces: list[Piece]


class Bars(NamedTuple):
    """One way to cut the same time."""

    title: str
    keys: list[tuple[str, str, str]]  # words, ink, meaning
    bars: list[Bar]


def bars(summary: Summary) -> list[Bars]:
    """By clock point, and by owner where the ledger told."""
    rows = summary.decomposition
    longest = max((row.ttft_ms for row in rows), default=0.0)
    known = [row for row in rows if row.owners]
    return [
        *_cut("By clock point", PARTS, [(row, row.parts) for row in rows], longest),
        *_cut("By owner", OWNERS, [(row, row.owners) for row in known], longest),
    ]


def _cut(
    title: str,
    words: dict[str, tuple[str, str]],
    rows: list[tuple[Decomposition, dict[str, float]]],
    longest: float,
) -> list[Bars]:
    if not rows or longest <= 0:
        return []
    used = [name for name in words if any(values.get(name, 0) for _, values in rows)]
    keys = [(words[name][0], _ink(name), words[name][1]) for name in used]
    made = [
        Bar(
            row.phase,
            GROUPS.get(row.group, row.group),
            row.n,
            row.ttft_ms,
            [
                Piece(
                    words[name][0],
                    _ink(name),
                    values.get(name, 0.0),
                    _percent(values.get(name, 0.0), longest),
                )
                for name in used
            ],
        )
        for row, values in rows
    ]
    return [Bars(title, keys, made)]


def _percent(ms: float, longest: float) -> float:
    return round(100 * max(ms, 0.0) / longest, 3)


def _ink(name: str) -> str:
    return "provider_time" if name == "provider" else name


def tip(piece: Piece) -> str:
    return f"{piece.name}: {number(piece.ms)} ms"
