import pytest

from harness.metrics.false_success import false_success_share, false_successes
from harness.metrics.join import join
from harness.record import Outcome
from tests.synthetic import MS, Scene


@pytest.mark.parametrize(
    "served",
    [
        {"ended_by": "fault", "fault": "s1@10", "terminal_ns": None},
        {"status": 500, "ended_by": "fault", "fault": "h1:500"},
        {"emitted": 12},
    ],
)
def test_an_answer_that_claims_to_be_whole_and_is_not_is_a_false_success(served):
    scene = Scene()
    scene.served(scene.stream(1, tokens=10), **served)
    scene.whole(2)
    joined = join(scene.run())
    assert false_successes(joined).tolist() == [0]
    assert false_success_share(joined, joined.measured) == 0.5


def test_a_marker_after_short_text_is_a_claim_too():
    scene = Scene()
    row = scene.stream(1, tokens=10, outcome=Outcome.TRUNCATED, detail="short_text")
    row.terminal_ns = row.closed_ns
    scene.served(row, emitted=20)
    assert false_successes(join(scene.run())).tolist() == [0]


@pytest.mark.parametrize("outcome", [Outcome.TRUNCATED, Outcome.ERROR_EVENT, Outcome.RESET])
def test_a_broken_answer_that_says_so_is_honest(outcome):
    scene = Scene()
    scene.served(scene.stream(1, outcome=outcome), ended_by="fault", fault="s1@10", terminal_ns=None)
    joined = join(scene.run())
    assert false_successes(joined).tolist() == []
    assert false_success_share(joined, joined.measured) is None


def test_a_second_answer_delivered_whole_is_a_true_success():
    scene = Scene()
    row = scene.stream(1, ttft_ms=500.0)
    scene.served(row, emitted=3, ended_by="fault", fault="s1@3", terminal_ns=None)
    scene.served(row, received_ns=row.sent_ns + 300 * MS)
    assert false_successes(join(scene.run())).tolist() == []


def test_reasoning_that_no_text_carries_makes_no_answer_short():
    scene = Scene()
    scene.served(scene.stream(1, tokens=10), emitted=25, other_tokens=15)
    assert false_successes(join(scene.run())).tolist() == []


def test_a_stall_that_ended_well_is_a_true_success():
    scene = Scene()
    scene.served(scene.stream(1), fault="s6@5:2", injected_us=2_000_000)
    assert false_successes(join(scene.run())).tolist() == []
