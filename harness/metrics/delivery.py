"""What each way of answering costs and gives: streamed, or in one piece, phase against phase.

A stream is there for its reader earlier; a whole answer weighs less and wakes everybody less often. Its time
to first token is by definition the time to all of it. Reading is the model of `reader`: it begins with the
first text and waits where it must, at 5.3 tokens a second.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from harness.answer import token
from harness.dialects import load as load_dialect
from harness.dialects.dialect import Reply
from harness.dialects.events import Usage
from harness.metrics.concurrency import mean_open
from harness.metrics.join import Joined
from harness.metrics.percentiles import floor
from harness.metrics.reader import reading
from harness.metrics.samples import Bools, Floats
from harness.metrics.tpot import token_counts
from harness.plan.phases import Phase
from harness.policies.reading import SPEED
from harness.summary import Delivery

_PROCESSES = {"generator": "load", "system": "system under test", "provider": "mock provider"}
_REPEATING = {"generic": "generic_accumulated"}  # dialect -> the one that repeats the text so far


def deliveries(joined: Joined) -> list[Delivery]:
    """A row a phase, in the plan's order; empty where every phase streams, or none does."""
    phases = [phase for phase in joined.run.plan.phases if phase.name in joined.spans]
    if len({phase.streamed for phase in phases}) < 2:
        return []
    counts, readers = token_counts(joined), readers_of(joined)
    found: dict[str, Delivery] = {}
    for phase in phases:
        whole = joined.of_phase(phase.name) & joined.calls & joined.is_outcome("completed")
        values = {**_times(joined, whole, readers), **_costs(joined, phase, whole, counts)}
        found[phase.name] = Delivery(
            phase=phase.name,
            streamed=phase.streamed,
            against=_streamed_twin(phase, phases),
            answers=int(whole.sum()),
            values={name: round(value, 4) for name, value in values.items() if np.isfinite(value)},
        )
    for row in found.values():
        if row.against:
            usual = found[row.against].values
            row.ratios = {
                name: round(value / usual[name], 4) for name, value in row.values.items() if usual.get(name)
            }
    return list(found.values())


def _streamed_twin(phase: Phase, phases: list[Phase]) -> str:
    """The phase that does the same work streamed; none for one that streams itself."""

    def work(one: Phase) -> Phase:
        return msgspec.structs.replace(
            one, name="", duration_s=1.0, kind="steady", streamed=True, checks=None, slo=[]
        )

    twins = (one.name for one in phases if one.streamed and work(one) == work(phase))
    return "" if phase.streamed else next(twins, "")


class Readers(NamedTuple):
    """One value an attempt, ms from when the stream was wanted; NaN where there was nothing to read."""

    waited: Floats  # without anything to read, before the first text and within the answer
    through: Floats  # until the last token was read


def readers_of(joined: Joined) -> Readers:
    row, stalled_s, played_s = reading(joined.answer_arrivals.row, joined.answer_arrivals.us)
    first = (joined.ms("answer_first_content") - joined.ms("call_intended"))[row]
    waited, through = (np.full(len(joined.attempts), np.nan) for _ in range(2))
    waited[row] = first + 1000.0 * stalled_s
    through[row] = first + 1000.0 * (played_s + 1 / SPEED)
    return Readers(waited, through)


def _times(joined: Joined, whole: Bools, readers: Readers) -> dict[str, float]:
    """What the users of the answers `whole` felt."""
    if int(whole.sum()) < floor(0.5):
        return {}
    wanted = joined.ms("call_intended")
    return {
        "first_ms": _median((joined.ms("first_content") - wanted)[whole]),
        "last_ms": _median((joined.ms("last_content") - wanted)[whole]),
        "waited_ms": _median(readers.waited[whole]),
        "read_ms": _median(readers.through[whole]),
    }


def _costs(joined: Joined, phase: Phase, whole: Bools, counts: Floats) -> dict[str, float]:
    """What the answers `whole` took: bytes, connections, processor time."""
    tokens = float(np.nansum(counts[whole]))
    if not tokens:
        return {}
    body = joined.attempts["body_bytes"].to_numpy(dtype=np.float64)
    a_token = {"bytes_per_token": float(body[whole].sum()) / tokens}
    mean_tokens = tokens / int(whole.sum())
    repeating = _REPEATING.get(joined.run.plan.target.dialect)
    if phase.streamed and repeating is not None and mean_tokens >= 1:
        length = round(mean_tokens)
        a_token["bytes_per_token_if_repeated"] = answer_bytes(repeating, length) / length
    open_s = float(np.nanmean((joined.ms("closed") - joined.ms("connected"))[whole])) / 1000.0
    return {
        "tokens": mean_tokens,
        **a_token,
        "open_s": open_s,
        "open_at_once": _open(joined, phase),
        **_cpu(joined, phase, open_s),
    }


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.percentile(known, 50, method="inverted_cdf")) if len(known) else np.nan


def _open(joined: Joined, phase: Phase) -> float:
    """Mean number of the phase's connections that were open while it lasted."""
    chosen = joined.of_phase(phase.name)
    edges = (np.array(joined.spans[phase.name]) - joined.run.origin_ns) / 1e6
    return float(mean_open(joined.ms("connected")[chosen], joined.ms("closed")[chosen], edges)[0])


def _cpu(joined: Joined, phase: Phase, open_s: float) -> dict[str, float]:
    """Processor time of each side for one answer, ms: what a second of an open answer took, times how long
    one was open. Only seconds in which no answer of another phase was open: nobody pays for another's.
    """
    host = joined.run.host
    if host.empty:
        return {}
    mine = joined.of_phase(phase.name)
    start_ns, end_ns = joined.spans[phase.name]
    inside = host[(host["t_ns"] > start_ns) & (host["t_ns"] <= end_ns)]
    ends = (inside["t_ns"].to_numpy(dtype=np.int64) - joined.run.origin_ns) / 1e6
    edges = np.stack([ends - 1000.0, ends], axis=1)
    others = _open_in(joined, ~mine, edges)
    own = _open_in(joined, mine, edges)
    clean = (others == 0) & (own > 0)
    found = {}
    for side, name in _PROCESSES.items():
        rows = inside["process"].str.startswith(name).to_numpy(dtype=bool) & clean
        processes = inside["process"][rows].nunique()
        if rows.any():
            spent_s, held_s = float(inside["cpu"].to_numpy()[rows].sum()), float(own[rows].sum()) / processes
            found[f"{side}_cpu_ms"] = 1000.0 * spent_s / held_s * open_s
    return found


def _open_in(joined: Joined, chosen: Bools, edges: Floats) -> Floats:
    """Mean number of open answers in each of the intervals `edges`, shape (n, 2)."""
    starts, ends = joined.ms("connected")[chosen], joined.ms("closed")[chosen]
    if not len(edges):
        return np.zeros(0)
    return np.array([float(mean_open(starts, ends, pair)[0]) for pair in edges])


def answer_bytes(dialect: str, tokens: int) -> int:
    """Bytes of the body of one streamed answer of so many canonical tokens, an event a token."""
    encoder = load_dialect(dialect).encoder(Reply(id="x", model="m", created_s=0))
    body = encoder.start() + b"".join(encoder.text(token(7, 1, number)) for number in range(tokens))
    return len(body + encoder.finish("stop", Usage(10, tokens)) + encoder.end())
