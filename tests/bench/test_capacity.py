"""Searches in virtual time, fewer than the bench makes, and the queues they search."""

from itertools import islice

import numpy as np
import pytest

from bench import capacity
from harness.capacity.counting import counted_share
from harness.capacity.queueing import erlang_b, erlang_c, mean_wait_s, most_rate


def test_the_simulated_queue_is_erlangs():
    rate = 0.7 * capacity.SLOTS / capacity.SERVICE_S
    waits = np.array(list(islice(capacity.erlang_waits(rate, np.random.default_rng(1)), 60_000)))
    assert np.mean(waits > 0) == pytest.approx(erlang_c(0.7 * capacity.SLOTS, capacity.SLOTS), rel=0.10)
    expected = mean_wait_s(rate, capacity.SLOTS, capacity.SERVICE_S)
    assert waits.mean() == pytest.approx(expected, rel=0.20)


def test_the_mocks_batch_keeps_up_below_its_knee_and_not_above():
    knee = capacity.BATCH.max_batch / (capacity.TOKENS * capacity.BATCH.step_ms / 1000)
    below, above = (
        np.array(list(islice(capacity.batch_waits(knee * share, np.random.default_rng(2)), 3000)))
        for share in (0.7, 1.2)
    )
    assert np.quantile(below, 0.95) < capacity.batch_limit_s() < np.quantile(above, 0.95)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_search_ends_within_ten_per_cent_of_theory(seed: int):
    theory = most_rate(capacity.SLOTS, capacity.SERVICE_S, capacity.WAIT_S, 0.05)
    found = capacity.search(capacity.erlang_waits, capacity.WAIT_S, theory / 11, seed)
    assert found.answer == pytest.approx(theory, rel=0.10)
    assert found.probes < 15


def test_the_simulated_cap_turns_away_erlangs_share():
    rate = 0.6 * capacity.SLOTS / capacity.SERVICE_S
    lost = np.array(list(islice(capacity.refusals(rate, np.random.default_rng(3)), 60_000)))
    expected = erlang_b(0.6 * capacity.SLOTS, capacity.SLOTS)
    assert np.mean(lost > 0) == pytest.approx(expected, rel=0.10)


def test_a_search_by_a_share_of_refusals_ends_within_ten_per_cent_of_theory():
    theory = capacity.most_rate_without_queue()
    share = counted_share(capacity.REFUSED)
    assert share == 0.95
    found = capacity.search(capacity.refusals, 0.5, theory / 11, 0, share)
    assert found.answer == pytest.approx(theory, rel=0.10)
