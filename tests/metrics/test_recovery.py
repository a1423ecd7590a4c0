"""A cut at 3 s, restored at 3.5 s: what it broke, and how users came back."""

import pytest

from harness.metrics import objective_problem, shares
from harness.metrics.cost import cost_of
from harness.metrics.join import join
from harness.metrics.reconnects import reconnects
from harness.metrics.recovery import recoveries
from harness.metrics.waste import regenerated_tokens
from harness.record import Outcome
from tests.synthetic import MS, Scene, at, plan

PHASES = [
    {
        "name": "ride", "kind": "fault", "duration_s": 20.0, "load": {"users": 10, "ramp_s": 0.0},
        "network": [{"name": "a", "journey": "j"}],
    },
]  # fmt: skip
NETWORK = {
    "links": {"l": "l"},
    "journeys": {"j": [{"link": "l", "for_s": 3.0}, {"cut": "rst"}, {"link": "l"}]},
}
PRICED = {"models": {"mock-chat": {"price_per_million": 2_000_000.0}}}  # two for a token


def ride() -> Scene:
    scene = Scene(plan(phases=PHASES, network=NETWORK, provider=PRICED))
    params = {"phase": "ride", "cohort": "a", "params": {"cut": "rst"}}
    scene.note(3.0, "network", "cut", **params)
    scene.note(3.5, "network", "cut_end", **params)
    return scene


def cut(scene: Scene, stream: int = 1, noticed_ms: float = 100.0, emitted: int = 13):
    """Ten tokens from 2.201 s, 20 ms apart; reset at 3.04 s."""
    row = scene.stream(
        stream, 2.0, outcome=Outcome.RESET, detail="reset", phase="ride", cohort="a", closed_ns=at(3.04)
    )
    noticed = at(3.04) + round(noticed_ms * MS)
    scene.served(
        row, emitted=emitted, planned_tokens=60, terminal_ns=None, ended_by="peer", peer_left_ns=noticed,
        closed_ns=noticed,
    )  # fmt: skip
    return row


def again(scene: Scene, stream: int = 1, begin_s: float = 4.0, **fields: object):
    values = {"attempt": 2, "phase": "ride", "cohort": "a", "ttft_ms": 100.0, "detail": "retried_ok"}
    return scene.stream(stream, begin_s, **{**values, **fields})


def test_a_reset_that_nobody_came_back_from():
    scene = ride()
    cut(scene)
    (found,) = recoveries(join(scene.run()))
    assert (found.fault, found.broken, found.gave_up, found.recovered) == ("network cut rst", 1, 1, 0)
    assert found.detect.p50 == pytest.approx(40.0)
    assert found.notice.p50 == pytest.approx(140.0)
    assert found.zombie_s == pytest.approx(0.1)
    assert (found.recover_user.p50, found.recover_user.censored) == (None, 1)
    assert found.tokens_lost == 3
    assert found.silent_truncations == 0


def test_a_restarted_answer_is_back_in_the_user_s_time_and_in_the_system_s_and_was_paid_twice():
    scene = ride()
    cut(scene)
    scene.served(again(scene))
    joined = join(scene.run())
    (found,) = recoveries(joined)
    assert (found.asked_again, found.recovered, found.gave_up) == (1, 1, 0)
    assert found.recover_user.p50 == pytest.approx(1101.0)
    assert found.recover_system.p50 == pytest.approx(601.0)
    assert regenerated_tokens(joined).tolist() == [10, 0]
    assert found.regenerated_tokens == 10
    assert found.cost == pytest.approx(2.0 * (10 + found.wasted_tokens))


def test_a_resumed_answer_loses_and_repeats_nothing():
    scene = ride()
    cut(scene, emitted=30)
    again(scene, tokens=20, resumed_from=10, detail="resumed_ok")
    (found,) = recoveries(join(scene.run()))
    assert (found.tokens_lost, found.tokens_duplicated, found.tokens_unrecovered) == (0, 0, 0)
    assert (found.wasted_tokens, found.regenerated_tokens, found.cost) == (0, 0, 0.0)


def test_what_a_bad_resumption_repeats_and_leaves_out_is_counted():
    scene = ride()
    cut(scene, emitted=30)
    again(scene, tokens=20, resumed_from=10, duplicated=3, lost=2, outcome=Outcome.CORRUPT)
    (found,) = recoveries(join(scene.run()))
    assert (found.tokens_duplicated, found.tokens_unrecovered) == (3, 2)


def test_a_second_attempt_that_brought_nothing_is_no_recovery():
    scene = ride()
    cut(scene)
    again(scene, tokens=0, outcome=Outcome.REFUSED, status=503)
    (found,) = recoveries(join(scene.run()))
    assert (found.asked_again, found.recovered, found.gave_up) == (1, 0, 0)
    assert found.recover_user.censored == 1


def test_a_clean_end_without_marker_is_a_silent_truncation():
    scene = ride()
    row = cut(scene)
    row.outcome, row.detail = Outcome.TRUNCATED, "truncated_silent"
    (found,) = recoveries(join(scene.run()))
    assert found.silent_truncations == 1


def test_what_no_fault_broke_has_no_row():
    scene = ride()
    scene.whole(1, 8.0, phase="ride", cohort="a")
    assert recoveries(join(scene.run())) == []


def test_without_a_price_nothing_has_a_cost():
    scene = Scene()
    scene.whole(1)
    joined = join(scene.run())
    assert cost_of(joined, joined.measured) is None


def test_a_herd_is_told_by_its_fullest_second():
    scene = ride()
    for stream in range(1, 19):
        scene.whole(stream, 1.1 + stream * 0.9, phase="ride", cohort="a")
    for stream in range(20, 30):
        cut(scene, stream)
        scene.served(again(scene, stream, 5.0))
    (found,) = reconnects(join(scene.run()))
    assert (found.streams, found.retried, found.recovered, found.gave_up) == (28, 10, 10, 0)
    assert found.attempts_per_recovery == 2.0
    assert found.herd_peak_per_s >= 10
    assert found.herd_peak == pytest.approx(found.herd_peak_per_s / (38 / 20), abs=0.01)


def test_retry_after_is_obeyed_or_not():
    scene = ride()
    for stream, wait_s in ((1, 2.0), (2, 0.5)):
        first = scene.stream(
            stream, 1.0, tokens=0, outcome=Outcome.RATE_LIMITED, status=429, retry_after_s=1.0, phase="ride"
        )
        again(scene, stream, (first.closed_ns - at(0)) / 1e9 + wait_s)
    (found,) = reconnects(join(scene.run()))
    assert (found.retry_after_told, found.retry_after_obeyed) == (2, 1)


def test_a_phase_in_which_nobody_asked_again_has_nothing_to_say():
    scene = ride()
    cut(scene)
    assert reconnects(join(scene.run())) == []


def test_a_connection_that_lived_through_an_outage_and_was_then_cut_was_broken_by_the_cut():
    scene = ride()
    for at_s, what in ((2.5, "outage_begin"), (3.0, "outage_end")):
        scene.note(at_s, "network", what, phase="ride", cohort="a")
    cut(scene)
    assert [found.fault for found in recoveries(join(scene.run()))] == ["network cut rst"]


def test_an_objective_may_ask_for_the_share_of_users_who_came_back():
    scene = ride()
    for stream, outcome in ((1, Outcome.COMPLETED), (2, Outcome.RESET)):
        cut(scene, stream)
        scene.served(again(scene, stream, outcome=outcome))
    scene.whole(3, 8.0, phase="ride", cohort="a")
    joined = join(scene.run())
    assert shares()["recovered_share"](joined, joined.measured) == 0.5
    assert objective_problem("recovered_share", None) is None
