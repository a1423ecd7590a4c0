"""Thirty streams drawn one by one: ten worst, ten ordinary, ten drawn by the run's seed."""

import numpy as np

from harness.metrics import samples_of
from harness.metrics.join import Joined
from harness.metrics.samples import Floats, Ints
from harness.summary import GalleryStream

EACH = 10
CLASSES_MS = (200.0, 1000.0, 2000.0)  # a gap up to the first flows, up to the second is slow, then stalls
_MOST_PIECES = 160
_CURVE_POINTS = 48


def gallery(joined: Joined) -> list[GalleryStream]:
    """Worst is who waited longest in one go: for the first token, between two, or for an end."""
    silence = _silence(joined)
    rows = np.flatnonzero(joined.calls & joined.measured & joined.sampled & np.isfinite(silence))
    rows = rows[np.lexsort((rows, -silence[rows]))]
    return [_stream(joined, int(row), why, float(silence[row])) for row, why in _chosen(joined, rows)]


def _chosen(joined: Joined, rows: Ints) -> list[tuple[int, str]]:
    """`rows` are in order, the worst first; nobody is shown twice."""
    worst, rest = rows[:EACH], rows[EACH:]
    start = max(0, (len(rest) - EACH) // 2)
    middle = rest[start : start + EACH]
    others = np.concatenate([rest[:start], rest[start + EACH :]])
    drawn = np.random.default_rng(joined.run.facts.seed).permutation(len(others))[:EACH]
    groups = (("worst", worst), ("median", middle), ("random", others[np.sort(drawn)]))
    return [(int(row), why) for why, found in groups for row in found]


def _silence(joined: Joined) -> Floats:
    """The longest wait of each stream, ms; NaN for attempts that are not its last."""
    first, begun = joined.ms("first_content"), joined.ms("call_intended")
    silence = np.where(np.isfinite(first), first, joined.ms("closed")) - begun
    gaps = samples_of(joined, "max_gap")
    silence[gaps.rows] = np.fmax(silence[gaps.rows], gaps.values)
    silence[~joined.last] = np.nan
    return silence


def _stream(joined: Joined, row: int, why: str, silence: float) -> GalleryStream:
    attempts = joined.attempts
    mine = np.flatnonzero(attempts["stream_row"].to_numpy(dtype=np.int64) == row)
    begun = float(joined.ms("call_intended")[row])
    content, arrivals = (
        np.sort(np.concatenate([_instants(joined, name, int(one)) for one in mine])) - begun
        for name in ("content", "arrivals")
    )
    return GalleryStream(
        stream=int(attempts["stream"].iloc[row]),
        why=why,
        phase=str(attempts["phase"].iloc[row]),
        cohort=str(attempts["cohort"].iloc[row]),
        outcome=str(attempts["outcome"].iloc[row]),
        detail=str(attempts["detail"].iloc[row]),
        intended_s=round(begun / 1000.0, 3),
        silence_ms=round(silence, 3),
        tokens=int(attempts["tokens"].to_numpy()[mine].sum()),
        sent_ms=_numbers(joined.ms("sent")[mine] - begun),
        ended_ms=_numbers(joined.ms("closed")[mine] - begun),
        outcomes=[str(outcome) for outcome in attempts["outcome"].iloc[mine]],
        first_content_ms=round(float(content[0]), 3) if len(content) else None,
        flow=flow(content),
        curve=_curve(arrivals),
    )


def _instants(joined: Joined, kind: str, row: int) -> Floats:
    stamps = getattr(joined, kind)
    low, high = np.searchsorted(stamps.row, [row, row + 1])
    instants: Floats = joined.ms("sent")[row] + stamps.us[low:high] / 1000.0
    return instants


def _numbers(values: Floats) -> list[float | None]:
    return [round(float(value), 3) if np.isfinite(value) else None for value in values]


def flow(content: Floats) -> list[tuple[float, float, int]]:
    """(start, end, class) of neighbouring gaps of one class; where too many alternate, slow is flow."""
    if len(content) < 2:
        return []
    kind = np.searchsorted(CLASSES_MS, np.diff(content), side="left")
    pieces = _merged(content, kind)
    return pieces if len(pieces) <= _MOST_PIECES else _merged(content, np.where(kind == 1, 0, kind))


def _merged(content: Floats, kind: Ints) -> list[tuple[float, float, int]]:
    starts = np.flatnonzero(np.diff(kind, prepend=-1))
    ends = np.append(starts[1:], len(kind))
    return [
        (round(float(content[a]), 1), round(float(content[b]), 1), int(kind[a]))
        for a, b in zip(starts, ends, strict=True)
    ]


def _curve(arrivals: Floats) -> list[tuple[float, int]]:
    """The curve of tokens received, with both ends of its longest waits, so that steps stay steps."""
    if not len(arrivals):
        return []
    even = np.linspace(0, len(arrivals) - 1, min(len(arrivals), _CURVE_POINTS // 2)).round().astype(int)
    longest = np.argsort(-np.diff(arrivals), kind="stable")[: _CURVE_POINTS // 4]
    kept = np.unique(np.concatenate([even, longest, longest + 1]))
    return [(round(float(arrivals[place]), 1), int(place) + 1) for place in kept]
