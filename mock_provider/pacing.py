"""When each token of an answer is due: drawn at once, as offsets from admission.

Absolute offsets, so that a late write delays no other; one generator per attempt, so that the schedule of
a stream is the same whatever else runs.
"""

from dataclasses import dataclass

import numpy as np

from harness.clock import MS
from harness.plan.draws import Rng, sample, sample_many
from harness.plan.provider import ModelProfile

MAX_TOKENS = 100_000  # a draw without a cap must not become an endless answer


@dataclass(frozen=True, slots=True)
class Schedule:
    """`due_ns[i]`: when the frame with `tokens[i]` tokens leaves. `prefill_ns`: the first of them."""

    prefill_ns: int
    due_ns: list[int]
    tokens: list[int]


def answer_length(profile: ModelProfile, max_tokens: int | None, rng: Rng) -> tuple[int, str]:
    """(tokens of the answer, its finish reason `stop` or `length`). The peer's cap is obeyed."""
    wanted = max(1, min(MAX_TOKENS, round(sample(profile.output_tokens, rng))))
    if max_tokens is not None and max_tokens < wanted:
        return max_tokens, "length"
    return wanted, "stop"


def schedule(profile: ModelProfile, input_tokens: int, tokens: int, rng: Rng) -> Schedule:
    """The frames of an answer of `tokens` tokens. A frame leaves when its last token is generated."""
    prefill_ns = round((sample(profile.ttft_ms, rng) + profile.prefill_ms_per_token * input_tokens) * MS)
    gaps_ms = sample_many(profile.itl_ms, max(tokens - 1, 0), rng)
    ready_ns = prefill_ns + np.concatenate([[0], np.cumsum(gaps_ms * MS)]).astype(np.int64)
    sizes = _sizes(tokens, profile.tokens_per_chunk)
    # The first frame is never held back: time to first token is what the profile says.
    due = [int(ready_ns[min(end, tokens) - 1]) for end in np.cumsum(sizes)]
    return Schedule(prefill_ns, due, sizes)


def _sizes(tokens: int, per_chunk: int) -> list[int]:
    if not tokens:
        return []
    full, rest = divmod(tokens - 1, per_chunk)
    return [1] + [per_chunk] * full + ([rest] if rest else [])
