"""The blocks of a live comparison -> gates. Pure: the run is over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from harness.compare.blocks import Pair
from harness.compare.design import Design, phase_name
from harness.compare.gates import Measured, judge_gates, latency, overall, share
from harness.compare.holm import benjamini_hochberg
from harness.compare.order import Arm
from harness.metrics import known_metrics, samples_of, series, shares
from harness.metrics.join import Joined
from harness.metrics.percentiles import harrell_davis
from harness.metrics.samples import Bools, Floats, Ints
from harness.plan.draws import generator
from harness.plan.reader import PlanError
from harness.summary import Comparison, ComparisonLook, Gate

_ARMS: tuple[Arm, Arm] = ("baseline", "candidate")
# Looked at beside the gates, corrected for their number, unable to fail a build.
_EXPLORED = (
    "ttft_user p50",
    "ttfo_user p95",
    "e2e_term_user p95",
    "tpot p95",
    "max_gap p95",
    "added_ttft p95",
)
_INVERTED = {"failure_share": "success_share"}  # shares are gated where less is better


def check_gates(gates: list[str]) -> None:
    """Every gate must be a metric, with a percentile where it is a distribution. Raises PlanError."""
    for gate in gates:
        name, _, percent = gate.partition(" p")
        name = _INVERTED.get(name, name)
        known = name in (series() if percent else shares())
        number = percent.replace(".", "", 1).isdigit() and 0 < float(percent) < 100 if percent else True
        if not known or not number:
            raise PlanError(
                f"gate {gate!r}: write a metric and a percentile, like 'ttft_user p95', or a share, like "
                f"'stall_ratio' or 'failure_share'; metrics: {', '.join(known_metrics())}"
            )


class LiveBlocks:
    """A joined run of blocks, with every stream's place in its block."""

    def __init__(self, joined: Joined, design: Design) -> None:
        self._joined, self._design = joined, design
        stream = joined.attempts["stream"].to_numpy(dtype=np.int64)
        # Ids are given in order of arrival, block after block, so the place in a block is the rest.
        place = (stream - 1) % design.block
        self._place: Ints = place - design.warm
        self._counted: Bools = joined.calls & (place >= design.warm)

    @cached_property
    def numbers(self) -> list[int]:
        """The pairs whose blocks both came to their end; streams of a block that never was did not fail."""
        over = self._joined.run.facts.ended_ns
        whole = {phase for phase, (_, end) in self._joined.spans.items() if end < over}
        return [pair for pair in self._design.numbers if whole >= {phase_name(pair, arm) for arm in _ARMS}]

    def flags(self, pair: int, arm: Arm) -> Bools:
        """The measured attempts of one block, one a stream."""
        chosen: Bools = self._joined.of_phase(phase_name(pair, arm)) & self._counted
        return chosen

    def values(self, metric: str, pair: int, arm: Arm) -> Floats:
        """One value a measured stream of a block, in order of arrival; NaN where it has none."""
        samples = samples_of(self._joined, metric).of(self.flags(pair, arm))
        found = np.full(self._design.streams, np.nan)
        kept = np.isfinite(samples.values) & samples.finished
        found[self._place[samples.rows[kept]]] = samples.values[kept]
        return found

    def several(self, metric: str, pair: int) -> Pair:
        """All values (gaps) of the streams that completed in both arms of a pair."""
        completed = self._joined.is_outcome("completed")
        places = [set(self._place[self.flags(pair, arm) & completed].tolist()) for arm in _ARMS]
        both = np.isin(self._place, list(places[0] & places[1]))
        arms = []
        for arm in _ARMS:
            samples = samples_of(self._joined, metric).of(self.flags(pair, arm) & completed & both)
            arms.append(samples.values[samples.finished & np.isfinite(samples.values)])
        return Pair(*arms)

    def pair(self, metric: str, number: int) -> Pair:
        counts = samples_of(self._joined, metric).rows
        if len(np.unique(counts)) < len(counts):
            return self.several(metric, number)
        return Pair(*(self.values(metric, number, arm) for arm in _ARMS))

    def pairs(self, metric: str) -> list[Pair]:
        return [self.pair(metric, number) for number in self.numbers]

    def shares(self, metric: str, arm: Arm) -> Floats:
        """The share in each pair's block of one arm; NaN where there was nothing."""
        name = _INVERTED.get(metric, metric)
        found = [shares()[name](self._joined, self.flags(pair, arm)) for pair in self.numbers]
        values = np.array([np.nan if value is None else value for value in found], dtype=float)
        return 1 - values if metric in _INVERTED else values


@dataclass(frozen=True)
class FirstHalf:
    """The run that another one extends."""

    joined: Joined
    design: Design
    invalid: str = ""  # why its measurement cannot be used


def compare_blocks(
    joined: Joined, design: Design, invalid: str = "", before: FirstHalf | None = None
) -> Comparison:
    """The verdict on every gate. `invalid` says why the measurement cannot be used.

    The pairs of `before`, the run that this one extends, come first.
    """
    parts = [LiveBlocks(before.joined, before.design)] if before is not None else []
    parts.append(LiveBlocks(joined, design))
    invalid = invalid or (before.invalid if before is not None else "")
    design = msgspec.structs.replace(design, first=0, pairs=design.first + design.pairs)
    measured, told = [], []
    for gate in design.gates:
        name, _, percent = gate.partition(" p")
        if percent:
            pairs = _pairs(parts, name)
            q = float(percent) / 100
            unit = samples_of(joined, name).unit
            measured.append(latency(gate, unit, pairs, q, design.rule))
            told += _told(gate, pairs, design, lambda values, q=q: harrell_davis(np.sort(values), q))  # type: ignore[misc]
        else:
            base, cand = (np.concatenate([part.shares(name, arm) for part in parts]) for arm in _ARMS)
            measured.append(_share(gate, base, cand, design))
    gates = judge_gates(measured, design.rule, invalid)
    return Comparison(
        mode="live",
        design="paired blocks",
        baseline=design.baseline,
        candidate=design.candidate,
        order=design.order,
        pairs=design.pairs,
        streams=design.streams,
        shared_seeds=joined.run.plan.provider is not None,
        null=design.rule.null,
        alpha=design.rule.alpha,
        gates=gates,
        looks=_looks(joined, design, gates, before),
        blocks=told,
        notes=[*_declared(design), *_explored(parts, joined, design)],
    )


def _pairs(parts: Sequence[LiveBlocks], metric: str) -> list[Pair]:
    return [pair for part in parts for pair in part.pairs(metric)]


def _looks(
    joined: Joined, design: Design, gates: list[Gate], before: FirstHalf | None
) -> list[ComparisonLook]:
    """What each look has come to, the first as it was before there was a second."""
    if not (design.extend or before):
        return []
    this = ComparisonLook(
        run=joined.run.facts.id,
        pairs=design.pairs,
        alpha=design.rule.alpha,
        state=overall(gates),
        gates={gate.metric: gate.state for gate in gates},
    )
    if before is None:
        return [this]
    return [*compare_blocks(before.joined, before.design, before.invalid).looks, this]


def _declared(design: Design) -> list[str]:
    """That there may be, or was, a second look, in words."""
    each = f"each of the two looks judges at alpha {design.rule.alpha:g}"
    if design.extends:
        return [f"{design.extends} was INCONCLUSIVE and has been extended once, as declared; {each}"]
    return [f"declared as one that may be extended once; {each}"] if design.extend else []


def _explored(parts: Sequence[LiveBlocks], joined: Joined, design: Design) -> list[str]:
    """Further quantiles, in words."""
    found = []
    for name in _EXPLORED:
        metric, _, percent = name.partition(" p")
        if name not in design.gates and len(samples_of(joined, metric).values):
            seen = latency(name, "ms", _pairs(parts, metric), float(percent) / 100, design.rule)
            if seen.effect is not None:
                found.append(seen)
    adjusted = benjamini_hochberg([seen.p for seen in found])
    return [
        f"explored, not gated: {seen.name} {(seen.effect or 0.0) * 100:+.1f} % (p {p:.3f}, corrected)"
        for seen, p in zip(found, adjusted, strict=True)
    ]


def _share(gate: str, baseline: Floats, candidate: Floats, design: Design) -> Measured:
    return share(gate, baseline, candidate, generator(design.seed, "flips", gate), design.rule)


def _told(
    gate: str, pairs: list[Pair], design: Design, quantile: Callable[[Floats], float]
) -> list[dict[str, object]]:
    """The quantile of every block, for pictures; `place` counts the measured blocks as they were run."""
    places = {block: place for place, block in enumerate(block for block in design.blocks if block[0] >= 0)}
    rows: list[dict[str, object]] = []
    for number, pair in enumerate(pairs):
        for arm, values in zip(_ARMS, (pair.baseline, pair.candidate), strict=True):
            finite = values[np.isfinite(values)]
            value = round(quantile(finite), 4) if len(finite) else None
            place = places.get((number, arm))
            rows.append(
                {"pair": number, "arm": arm, "place": place, "gate": gate, "n": len(finite), "value": value}
            )
    return rows


def without_ledger(joined: Joined, design: Design) -> str:
    """Why both ends cannot be vouched for: the candidate's streams never reached the mock; else empty."""
    if joined.run.plan.provider is None:
        return ""
    for arm in _ARMS:
        mine = np.zeros(len(joined.attempts), dtype=bool)
        for pair in design.numbers:
            mine |= joined.of_phase(phase_name(pair, arm))
        if mine.any() and not joined.attempts["up_n"].to_numpy()[mine].any():
            url = design.baseline if arm == "baseline" else design.candidate
            return (
                f"no stream of the {arm} ({url}) reached the mock provider; set it as its provider's base URL"
            )
    return ""


def read_design(data: bytes) -> Design:
    """`compare.json`. Raises PlanError."""
    try:
        return msgspec.json.decode(data, type=Design)
    except msgspec.DecodeError as error:
        raise PlanError(f"compare.json cannot be read: {error}") from None
