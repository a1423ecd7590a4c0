"""What each kind of network fault cost its users, and how they came back. Applied times, never planned ones.

t_f: the fault was applied; t_r: the path was there again; t_c: the attempt was over for its user; t_s: the
provider noticed; t_1: the first new content of the attempt after it.
"""

import re

import numpy as np

from harness.metrics.cost import cost_of
from harness.metrics.faults import hit_by
from harness.metrics.join import Joined
from harness.metrics.planned import TOLERANCE_MS
from harness.metrics.samples import Floats, Ints
from harness.metrics.survival import spread
from harness.metrics.waste import regenerated_tokens, wasted_of
from harness.plan.phases import Phase
from harness.summary import Recovery

_DAMAGE = ("cut", "outage", "silence", "refuse")
_BROKEN = ("refused", "error_event", "reset", "stalled", "timed_out", "truncated", "abandoned")
_NETWORK = re.compile("network ")


def recoveries(joined: Joined) -> list[Recovery]:
    """One row a phase and kind of network fault that broke an attempt, in the order of the plan."""
    if not len(joined.attempts):
        return []
    begun, restored = _damage(joined)
    # A cut often ends an outage; what it tore down had lived through that.
    uncut = (joined.attempts["hit_cut"] == "").to_numpy(dtype=bool)
    hits = {
        label: hit & uncut if label == "network outage" else hit
        for label, hit in hit_by(joined).items()
        if _NETWORK.match(label)
    }
    broken = joined.is_outcome(*_BROKEN) & np.isfinite(begun)
    return [
        _row(joined, phase, label, rows, begun, restored)
        for phase in joined.run.plan.phases
        if phase.kind != "warm_up"
        for label, hit in hits.items()
        if len(rows := np.flatnonzero(hit & broken & joined.of_phase(phase.name)))
    ]


def _row(joined: Joined, phase: Phase, label: str, rows: Ints, begun: Floats, restored: Floats) -> Recovery:
    attempts, closed = joined.attempts, joined.ms("closed")
    chosen = np.zeros(len(attempts), dtype=bool)
    chosen[rows] = True
    cohorts = attempts["cohort"].astype("category").cat.codes.to_numpy()[rows].astype(np.int64)
    seed = joined.run.facts.seed
    heard, after = _next_content(joined)
    back = np.isfinite(heard[rows])
    gave_up = ~back & attempts["last"].to_numpy(dtype=bool)[rows]
    watched = np.where(back, heard[rows], _over(joined)[rows])
    noticed, over = joined.ms("up_left")[rows], joined.ms("up_closed")[rows]
    served = attempts["up_row"].to_numpy(dtype=np.int64)[rows] >= 0
    heard_of = np.isfinite(noticed)
    until = np.where(heard_of, noticed, over)
    zombie = np.maximum(np.minimum(until, np.where(back, after[rows], np.inf)) - closed[rows], 0.0)
    known = served & np.isfinite(until)
    return Recovery(
        phase=phase.name,
        fault=label,
        broken=len(rows),
        streams=int(attempts["stream"].iloc[rows].nunique()),
        detect=spread(
            np.maximum(closed[rows] - begun[rows], 0.0), np.ones(len(rows), dtype=bool), cohorts, seed
        ),
        notice=spread(
            np.maximum(until[known] - begun[rows][known], 0.0), heard_of[known], cohorts[known], seed
        ),
        zombie_s=round(float(np.nansum(zombie[known])) / 1000.0, 3) if joined.has_ledger else None,
        recover_user=spread(np.maximum(watched - begun[rows], 0.0), back, cohorts, seed),
        recover_system=spread(np.maximum(watched - restored[rows], 0.0), back, cohorts, seed),
        asked_again=int(np.count_nonzero(~attempts["last"].to_numpy(dtype=bool)[rows])),
        recovered=int(np.count_nonzero(back)),
        gave_up=int(np.count_nonzero(gave_up)),
        tokens_lost=_lost(joined, rows) if joined.has_ledger else None,
        tokens_duplicated=_after(joined, rows, "duplicated"),
        tokens_unrecovered=_after(joined, rows, "lost"),
        wasted_tokens=wasted_of(joined, chosen),
        regenerated_tokens=int(regenerated_tokens(joined)[rows].sum()),
        cost=cost_of(joined, chosen),
        silent_truncations=int(np.count_nonzero((attempts["detail"] == "truncated_silent").to_numpy()[rows])),
    )


def _damage(joined: Joined) -> tuple[Floats, Floats]:
    """(t_f, t_r) of each attempt: of the last damage on its path that had begun when it ended; else NaN."""
    attempts = joined.attempts
    begun, restored = (np.full(len(attempts), np.nan) for _ in range(2))
    closed, opened = joined.ms("closed"), joined.ms("connected")
    opened = np.where(np.isnan(opened), joined.ms("dispatched"), opened)
    cohort, phase = attempts["cohort"].to_numpy(), attempts["phase"].to_numpy()
    for event in joined.events:
        if event.kind not in _DAMAGE:
            continue
        start, end = (joined.seconds(instant) * 1000.0 for instant in (event.start_ns, event.end_ns))
        mine = (cohort == event.cohort) & ((phase == event.phase) | (event.phase == ""))
        mine &= (closed >= start - TOLERANCE_MS) & (opened <= end + TOLERANCE_MS)
        begun[mine], restored[mine] = start, end
    return begun, restored


def _next_content(joined: Joined) -> tuple[Floats, Floats]:
    """For each attempt: (first new content, sending) of the stream's later attempts; NaN where none came."""
    stream = joined.attempts["stream"].to_numpy()
    content, sent = joined.ms("first_content"), joined.ms("sent")
    heard, after = (np.full(len(stream), np.nan) for _ in range(2))
    for row in range(len(stream) - 2, -1, -1):
        if stream[row] == stream[row + 1]:
            later = np.isfinite(content[row + 1])
            heard[row] = content[row + 1] if later else heard[row + 1]
            after[row] = sent[row + 1] if later else after[row + 1]
    return heard, after


def _over(joined: Joined) -> Floats:
    """When the user of each attempt was last seen: at the end of the stream's last attempt."""
    last = joined.attempts["stream_row"].to_numpy(dtype=np.int64)
    over: Floats = joined.ms("closed")[last]
    return over


def _lost(joined: Joined, rows: Ints) -> int:
    """Tokens that the provider wrote for answers which nobody went on with, and that nobody got."""
    attempts = joined.attempts
    ended = rows[attempts["answer_last"].to_numpy(dtype=bool)[rows]]
    emitted = np.nan_to_num(attempts["up_text_tokens"].to_numpy(dtype=np.float64)[ended])
    return int(np.maximum(emitted - attempts["answer_tokens"].to_numpy()[ended], 0).sum())


def _after(joined: Joined, rows: Ints, column: str) -> int:
    """Damage to the text in the attempts that went on after `rows`."""
    following = np.unique(rows + 1)
    following = following[following < len(joined.attempts)]
    following = following[joined.attempts["resumed"].to_numpy(dtype=bool)[following]]
    return int(joined.attempts[column].to_numpy()[following].sum())
