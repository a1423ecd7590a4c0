"""When each token of an answer is due: drawn at once, as offsets from admission.

Absolute offsets, so that a late write delays no other; one generator per attempt, so that the schedule of
a stream is the same whatever else runs.
"""

import numpy as np

from harness.clock import MS
from harness.plan.draws import Draw, Rng, sample, sample_many
from harness.plan.provider import ModelProfile, SlowPhases
from mock_provider.timeline import Scales

MAX_TOKENS = 400_000  # a draw without a cap must not become an endless answer
_LATEST_NS = 1 << 60  # 36 years: an unlucky draw must not overflow into the past
_STEADY = Scales()


def drawn_length(draw: Draw, rng: Rng) -> int:
    """A number of tokens, from 0 to MAX_TOKENS."""
    return round(min(sample(draw, rng), MAX_TOKENS))


def answer_length(profile: ModelProfile, max_tokens: int | None, rng: Rng) -> tuple[int, str]:
    """(tokens of the answer, its finish reason `stop` or `length`). The peer's cap is obeyed."""
    wanted = max(1, drawn_length(profile.output_tokens, rng))
    if max_tokens is not None and max_tokens < wanted:
        return max_tokens, "length"
    return wanted, "stop"


def due_times(
    profile: ModelProfile, input_tokens: int, sizes: list[int], rng: Rng, scales: Scales = _STEADY
) -> list[int]:
    """When each frame is due, ns from admission; a frame leaves when its last token is generated.

    `sizes` are the tokens of each frame. In a batch all is due at once: the batch grants each token.
    """
    if profile.batch is not None or not sizes:
        return [0] * len(sizes)
    first_ms = sample(profile.ttft_ms, rng) + profile.prefill_ms_per_token * input_tokens
    tokens = sum(sizes)
    gaps_ms = sample_many(profile.itl_ms, tokens - 1, rng) * scales.itl
    if profile.slow is not None:
        gaps_ms *= _slowness(profile.slow, len(gaps_ms), rng)
    ready_ns = first_ms * scales.ttft * MS + np.concatenate([[0], np.cumsum(gaps_ms * MS)])
    ready_ns = np.minimum(ready_ns, _LATEST_NS)
    due_ns: list[int] = ready_ns.astype(np.int64)[np.cumsum(sizes) - 1].tolist()
    return due_ns


def _slowness(slow: SlowPhases, gaps: int, rng: Rng) -> np.ndarray:
    """A factor for each gap: a two-state Markov chain that begins in the normal state."""
    factors = np.ones(gaps)
    draws = rng.random(gaps)
    inside = False
    for gap in range(gaps):
        inside = bool(draws[gap] >= slow.leave if inside else draws[gap] < slow.enter)
        if inside:
            factors[gap] = slow.factor
    return factors


def frame_sizes(tokens: int, per_chunk: int | dict[int, float], rng: Rng) -> list[int]:
    """Tokens of each frame, `tokens` in all."""
    # The first frame holds one token: time to first token is what the profile says, never held back.
    if tokens <= 1:
        return [1] * tokens
    if isinstance(per_chunk, int):
        full, rest = divmod(tokens - 1, per_chunk)
        return [1] + [per_chunk] * full + ([rest] if rest else [])
    weights = np.array(list(per_chunk.values()))
    drawn = rng.choice(list(per_chunk), tokens - 1, p=weights / weights.sum())
    ends = np.minimum(np.cumsum(drawn), tokens - 1)
    kept = int(np.argmax(ends == tokens - 1)) + 1
    return [1, *(int(size) for size in np.diff(ends[:kept], prepend=0))]
