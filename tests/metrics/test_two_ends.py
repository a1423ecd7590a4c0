"""Metrics that need both ends: added TTFT, hidden retries, token delay, tokens per output, both summed up."""

import numpy as np
import pytest

from harness.metrics.added import added_ttft, hidden_retry
from harness.metrics.integrity import coalesce_ratio
from harness.metrics.join import join
from harness.metrics.phases import phase_results
from harness.metrics.token_delay import token_delay
from harness.metrics.tpot import tpot
from harness.metrics.two_sided import attempts_per_stream, two_sided
from harness.record import Outcome
from tests.synthetic import MS, Scene, int32s, plan


def test_added_ttft_is_the_user_s_wait_less_the_provider_s():
    scene = Scene()
    scene.served(scene.stream(1, ttft_ms=200.0), delay_ms=50.0)  # received 0.25 ms after it was sent
    assert added_ttft(join(scene.run())).values.tolist() == pytest.approx([50.25])


def test_a_hidden_retry_shows_how_long_the_first_request_was_given():
    scene = Scene()
    row = scene.stream(1, ttft_ms=600.0)
    scene.served(row, emitted=0, status=500, ended_by="fault", fault="h1:500", terminal_ns=None)
    scene.served(row, received_ns=row.sent_ns + 300 * MS)
    scene.whole(2)
    joined = join(scene.run())
    assert hidden_retry(joined).values.tolist() == pytest.approx([299.75])
    assert attempts_per_stream(joined, joined.measured) == 1.5


def test_every_token_is_paired_with_its_own_emission():
    scene = Scene()
    scene.served(scene.stream(1, tokens=4), delay_ms=3.0)
    scene.served(scene.stream(2, tokens=2, outcome=Outcome.RESET), emitted=6, delay_ms=8.0)
    found = token_delay(join(scene.run()))
    assert found.values.tolist() == pytest.approx([3.0] * 4 + [8.0] * 2)
    assert found.rows.tolist() == [0] * 4 + [1] * 2


def test_tokens_that_share_a_write_and_a_read_are_paired_one_by_one():
    scene = Scene()
    row = scene.stream(1, tokens=4, read_us=int32s([100_000, 200_000]), read_tokens=int32s([1, 3]),
                       read_events=int32s([1, 1]))  # fmt: skip
    scene.served(row, received_ns=row.sent_ns, emit_us=int32s([90_000, 150_000]), emit_tokens=int32s([2, 2]))
    assert token_delay(join(scene.run())).values.tolist() == pytest.approx([10.0, 110.0, 50.0, 50.0])


def test_answers_that_are_no_exact_beginning_cannot_be_paired():
    scene = Scene()
    scene.served(scene.stream(1, lost=1, outcome=Outcome.CORRUPT))
    scene.stream(2)
    scene.served(scene.stream(3, tokens=4), emitted=9, other_tokens=5)
    assert len(token_delay(join(scene.run())).values) == 0


def test_time_per_output_token_leaves_the_first_out():
    scene = Scene()
    scene.stream(1, gaps_ms=30.0, tokens=11)
    scene.stream(2, tokens=1)
    scene.stream(3, gaps_ms=30.0, tokens=11, verified=False, output_tokens=21)
    scene.served(scene.stream(4, gaps_ms=30.0, tokens=11), emitted=31, other_tokens=20)
    assert tpot(join(scene.run())).values.tolist() == pytest.approx([30.0, 15.0, 10.0])


def test_the_sum_of_both_ends():
    scene = Scene()
    scene.whole(1)
    scene.served(
        scene.stream(2, outcome=Outcome.ERROR_EVENT), fault="s1@10", ended_by="fault", terminal_ns=None
    )
    scene.served(
        scene.stream(3, tokens=0, outcome=Outcome.RATE_LIMITED, status=429), status=429, ended_by="limit",
        terminal_ns=None,
    )  # fmt: skip
    found = two_sided(join(scene.run()))
    assert found is not None
    assert (found.attempts_upstream, found.tokens_emitted, found.tokens_received) == (3, 20, 20)
    assert found.provider_statuses == {"200": 2, "429": 1}
    assert found.provider_faults == {"s1": 1}
    assert found.false_success == 0
    assert found.token_delay is not None
    assert found.token_delay.n == 20


def test_without_a_ledger_there_is_one_side_only():
    scene = Scene(plan(provider=None))
    scene.stream(1)
    assert two_sided(join(scene.run())) is None
    assert np.isnan(join(scene.run()).attempts["up_received"]).all()


def test_reasoning_and_tool_calls_are_counted_beside_the_text():
    scene = Scene()
    scene.served(scene.stream(1, tokens=4), emitted=9, other_tokens=5)
    scene.whole(2)
    joined = join(scene.run())
    found, (phase,) = two_sided(joined), phase_results(joined)
    assert (found.tokens_other, found.tokens_emitted - found.tokens_other) == (5, found.tokens_received)
    assert (phase.tokens_other, phase.tokens_emitted - phase.tokens_other) == (5, phase.tokens_received)


def test_an_answer_in_one_piece_is_neither_merged_nor_late():
    phases = [{"name": "steady", "duration_s": 20.0, "load": {"users": 5}, "streamed": False}]
    scene = Scene(plan(phases=phases))
    row = scene.stream(1, tokens=4, content_events=1)
    scene.served(row, delay_ms=500.0)
    joined = join(scene.run())
    assert len(token_delay(joined).values) == 0
    assert coalesce_ratio(joined, joined.measured) is None
