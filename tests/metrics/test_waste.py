import numpy as np
import pytest

from harness.metrics.join import join
from harness.metrics.waste import aborts, upstream_abort, wasted_of, wasted_tokens
from harness.record import Outcome
from tests.synthetic import MS, Scene, plan


def left(scene, stream=1, tokens=10, emitted=15, noticed_ms=60.0, outcome=Outcome.RESET, **served):
    """A user who goes 1 ms after the tenth token; the provider emits every 20 ms until it notices."""
    row = scene.stream(stream, tokens=tokens, outcome=outcome)
    noticed = None if noticed_ms is None else row.closed_ns + round(noticed_ms * MS)
    values = {"terminal_ns": None, "ended_by": "peer", "peer_left_ns": noticed, "closed_ns": noticed}
    scene.served(row, emitted=emitted, **{**values, **served})
    return row


def test_tokens_emitted_after_the_user_had_gone_are_wasted():
    scene = Scene()
    left(scene, tokens=10, emitted=15)  # the eleventh leaves 18.5 ms after the user
    joined = join(scene.run())
    assert wasted_tokens(joined).tolist() == [5]
    assert wasted_of(joined, joined.measured) == 5


def test_a_completed_stream_wastes_nothing():
    scene = Scene()
    scene.whole(1)
    assert wasted_tokens(join(scene.run())).tolist() == [0]


def test_a_request_whose_answer_was_thrown_away_is_wasted_whole():
    scene = Scene()
    row = scene.stream(1, ttft_ms=500.0)
    scene.served(row, emitted=4, ended_by="fault", fault="s1@4", terminal_ns=None)
    scene.served(row, received_ns=row.sent_ns + 300 * MS)
    assert wasted_tokens(join(scene.run())).tolist() == [4, 0]


def test_the_abort_takes_from_the_user_s_end_to_the_provider_s_notice():
    scene = Scene()
    left(scene, 1, noticed_ms=60.0)
    left(scene, 2, noticed_ms=140.0, outcome=Outcome.CANCELLED)
    assert upstream_abort(join(scene.run())).values.tolist() == pytest.approx([60.0, 140.0])


def test_a_provider_that_never_noticed_is_a_censored_abort():
    scene = Scene()
    row = scene.stream(1, outcome=Outcome.RESET)
    scene.served(row, emitted=50, closed_ns=row.closed_ns + 900 * MS)
    found = upstream_abort(join(scene.run()))
    assert found.values.tolist() == [np.inf]
    assert found.censored == 1
    assert aborts(join(scene.run())).went_on_ms.tolist() == pytest.approx([900.0])


@pytest.mark.parametrize("outcome", [Outcome.COMPLETED, Outcome.ERROR_EVENT, Outcome.RATE_LIMITED])
def test_a_user_who_was_given_an_ending_did_not_leave(outcome):
    scene = Scene()
    left(scene, outcome=outcome)
    assert len(aborts(join(scene.run())).rows) == 0


def test_where_the_provider_went_first_there_is_nothing_to_abort():
    scene = Scene()
    row = scene.stream(1, outcome=Outcome.TRUNCATED)
    scene.served(row, ended_by="fault", fault="s1@10", terminal_ns=None)
    scene.served(scene.stream(2, outcome=Outcome.RESET))
    assert len(aborts(join(scene.run())).rows) == 0


def test_a_request_begun_after_the_user_had_gone_is_late_from_its_beginning():
    scene = Scene()
    row = scene.stream(1, tokens=0, outcome=Outcome.CANCELLED)
    begun = row.closed_ns + 100 * MS
    scene.served(
        row, emitted=0, received_ns=begun, peer_left_ns=begun + 30 * MS, closed_ns=begun + 30 * MS,
        ended_by="peer", terminal_ns=None,
    )  # fmt: skip
    assert upstream_abort(join(scene.run())).values.tolist() == pytest.approx([30.0])


def test_without_a_ledger_waste_is_unknown():
    scene = Scene(plan(provider=None))
    scene.stream(1)
    joined = join(scene.run())
    assert wasted_of(joined, joined.measured) is None
