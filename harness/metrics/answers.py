"""Attempts that belong to one answer: one that began it, and those that went on where it had broken off.

What the user of a resumed answer has is what all of its attempts brought; the provider's side of them is the
one request that the first had caused.
"""

import numpy as np
import pandas as pd

from harness.metrics.samples import Ints
from harness.metrics.stamps import Stamps

_OWN = ("up_n", "up_first_received", "up_emitted_all")  # stay with the attempt that caused the requests


def add_answers(attempts: pd.DataFrame) -> None:
    """Adds to attempts in order of stream and number:

    `resumed` (it went on with its predecessor's answer), `answer_row` (position of the last attempt of its
    answer), `answer_last`, `answer_tokens` and `answer_emitted` (received, and emitted by the provider, over
    all attempts of the answer), `answer_first_content`, `answer_last_content` (ms). A resumed
    attempt for which the provider was not asked again takes the `up_…` columns of its predecessor.
    """
    stream = attempts["stream"].to_numpy()
    same = np.zeros(len(stream), dtype=bool)
    same[1:] = stream[1:] == stream[:-1]
    resumed = same & attempts["resumed_from"].notna().to_numpy(dtype=bool)
    answer = np.cumsum(~resumed) - 1
    last = np.ones(len(stream), dtype=bool)
    last[:-1] = answer[1:] != answer[:-1]
    ends = np.flatnonzero(last)
    attempts["resumed"] = resumed
    attempts["answer_row"] = ends[answer] if len(ends) else np.zeros(0, dtype=np.int64)
    attempts["answer_last"] = last
    for name, source in (("answer_tokens", "tokens"), ("answer_emitted", "up_emitted_all")):
        total = np.bincount(answer, attempts[source].to_numpy(dtype=np.float64), len(ends))
        attempts[name] = total[answer].astype(np.int64)
    first = attempts["first_content"].groupby(answer).transform("min")
    attempts["answer_first_content"] = first.to_numpy(dtype=np.float64)
    latest = attempts["last_content"].groupby(answer).transform("max")
    attempts["answer_last_content"] = latest.to_numpy(dtype=np.float64)
    _inherit(attempts, resumed)


def _inherit(attempts: pd.DataFrame, resumed: np.ndarray) -> None:
    inherits = resumed & (attempts["up_n"] == 0).to_numpy(dtype=bool)
    if not inherits.any():
        return
    source = np.arange(len(attempts))
    source[inherits] = -1
    source = np.maximum.accumulate(source)
    for name in [name for name in attempts.columns if name.startswith("up_") and name not in _OWN]:
        attempts[name] = attempts[name].to_numpy()[source]


def by_answer(stamps: Stamps, answer_row: Ints, sent_us: Ints) -> Stamps:
    """`stamps` of attempts as those of the last attempt of each answer, counted from its `sent`; what came
    with earlier attempts is negative. `sent_us`: one value an attempt."""
    owner = answer_row[stamps.row]
    return Stamps(owner, stamps.us + sent_us[stamps.row] - sent_us[owner])
