"""How fast streams go: what a search must know to give its probes a length. Pure.

Every probe teaches the next. Before the first one there is the plan: where our mock answers, its model says
how long an answer takes; where it does not, nobody knows, and the pace says that it is a guess.
"""

from dataclasses import dataclass

import numpy as np

from harness.clock import SECOND
from harness.metrics.join import Joined
from harness.plan.draws import Draw, generator, sample_many
from harness.plan.phases import Phase
from harness.plan.plan import Plan
from harness.plan.provider import ModelProfile
from mock_provider.settings import BadSetting, parse

LEAST_TIMES = 10.0  # mean stream times that a step lasts at least
_USUAL_S = 2.0  # of a stream of which nothing is known
_SHORTEST_S = 0.05  # below, a probe's length is not about its streams
_DRAWS = 2_000


@dataclass(frozen=True)
class Pace:
    """How long a stream takes, how many begin a second and load, and whether anybody has seen or said so."""

    stream_s: float
    streams_per_load: float  # streams a second, over users or streams a second
    guessed: bool = False


def expected(plan: Plan, phase: Phase, users: bool) -> Pace:
    """The pace of `phase` while nobody waits for anybody; a system can only be slower than its provider."""
    stream_s = _of_the_mock(plan, phase)
    guessed = stream_s is None
    longest = plan.target.limits.total_s
    took = min(max(_USUAL_S if stream_s is None else stream_s, _SHORTEST_S), longest)
    return Pace(took, 1 / (took + _mean(phase.load.think_s)) if users else 1.0, guessed)


def learned(before: Pace, joined: Joined, phase: str, load: float) -> Pace:
    """As `phase`, which offered `load`, has seen it; `before` for what it has not.

    Streams are counted however they ended: one that failed was a stream all the same. By its completed ones
    alone, a probe after an overload would last as many times longer as there were others.
    """
    mine = joined.of_phase(phase)
    took = (joined.ms("closed") - joined.ms("sent"))[mine]
    took = took[np.isfinite(took)]
    stream_s = max(float(np.mean(took)) / 1000, _SHORTEST_S) if len(took) else before.stream_s
    n = streams_of(joined, phase)
    return Pace(stream_s, n / seconds_of(joined, phase) / load if n else before.streams_per_load)


def enough(pace: Pace, joined: Joined, phase: str, wanted: int) -> bool:
    """Whether a phase of guessed length turned out to be what a known `pace` would have made it."""
    long_enough = seconds_of(joined, phase) >= LEAST_TIMES * pace.stream_s
    return streams_of(joined, phase) >= wanted and long_enough


def seconds_of(joined: Joined, phase: str) -> float:
    """How long it lasted; 0 where the run was over before it began."""
    begin, end = joined.spans.get(phase, (0, 0))
    return (end - begin) / SECOND


def streams_of(joined: Joined, phase: str) -> int:
    """Those that count."""
    return int(np.count_nonzero(joined.of_phase(phase) & joined.calls))


def _of_the_mock(plan: Plan, phase: Phase) -> float | None:
    """Mean seconds of an answer, where the plan's mock gives it."""
    if plan.provider is None:
        return None
    models = plan.provider.models
    asked = phase.model or plan.target.model or next(iter(models))
    try:
        settings = parse(asked)
        profile = settings.apply(models[settings.model])
    except BadSetting:
        return None  # refused by the mock; the first probe will say so
    return _answer_s(profile, plan.target.max_tokens)


def _answer_s(profile: ModelProfile, cap: int | None) -> float:
    """Alone at the provider, with a short prompt. Lengths and times are drawn apart: their means multiply."""
    lengths = np.maximum(1, np.round(_draws(profile.output_tokens)))
    tokens = float(np.mean(np.minimum(lengths, cap or np.inf))) + _mean(profile.reasoning_tokens)
    if profile.batch is not None:
        return tokens * profile.batch.step_ms / 1000
    gap_ms = _mean(profile.itl_ms)
    if profile.slow is not None:
        inside = profile.slow.enter / (profile.slow.enter + profile.slow.leave)
        gap_ms *= 1 + inside * (profile.slow.factor - 1)
    return (_mean(profile.ttft_ms) + (tokens - 1) * gap_ms) / 1000


def _mean(draw: Draw) -> float:
    return float(np.mean(_draws(draw)))


def _draws(draw: Draw) -> np.ndarray:
    """Drawn as the mock draws them, cut off at zero and at their cap, instead of a formula for each law."""
    return sample_many(draw, _DRAWS, generator("pace"))
