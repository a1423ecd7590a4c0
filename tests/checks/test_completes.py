import pytest

from harness.checks.completes import check
from harness.record import Outcome
from tests.checks.looking import view
from tests.synthetic import Scene, at


def test_it_passes_when_every_stream_completed():
    scene = Scene()
    scene.whole(1)
    scene.whole(2)
    (found,) = check(view(scene))
    assert (found.state, found.evidence) == ("PASS", "2 of 2 streams completed.")


@pytest.mark.parametrize(
    "outcome",
    ["refused", "rate_limited", "error_event", "corrupt", "reset", "stalled", "timed_out", "truncated"],
)
def test_any_other_ending_fails_and_is_named(outcome):
    scene = Scene()
    scene.whole(1)
    scene.served(scene.stream(2, outcome=Outcome(outcome)))
    (found,) = check(view(scene))
    assert (found.state, found.value, found.streams) == ("FAIL", 1, [2])
    assert f"1 {outcome}" in found.evidence


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.ABANDONED, Outcome.INTERRUPTED])
def test_what_users_or_the_run_ended_is_not_judged_but_told(outcome):
    scene = Scene()
    scene.whole(1)
    scene.stream(2, outcome=outcome)
    (found,) = check(view(scene))
    assert (found.state, found.evidence) == ("PASS", f"1 of 1 streams completed; not judged: 1 {outcome}.")


def test_where_the_end_of_the_run_came_before_every_answers_nothing_is_shown():
    scene = Scene()
    scene.stream(1, outcome=Outcome.INTERRUPTED)
    scene.stream(2, outcome=Outcome.CANCELLED)
    (found,) = check(view(scene))
    assert (found.state, found.streams) == ("INCONCLUSIVE", [1])
    assert "drain_s" in found.fix


def test_where_all_users_left_there_is_nothing_to_say():
    scene = Scene()
    scene.stream(1, outcome=Outcome.CANCELLED)
    assert check(view(scene)) == []


def test_what_a_planned_fault_broke_is_not_judged_here():
    scene = Scene()
    scene.whole(1)
    scene.served(
        scene.stream(2, outcome=Outcome.ERROR_EVENT), fault="s1@10", ended_by="fault", terminal_ns=None
    )
    scene.served(scene.stream(3, tokens=0, outcome=Outcome.RATE_LIMITED), status=429, ended_by="limit")
    (found,) = check(view(scene))
    assert (found.state, found.evidence) == ("PASS", "1 of 1 streams completed.")


def test_a_sealed_outage_is_no_excuse():
    scene = Scene()
    scene.note(2.0, "network", "outage_begin", cohort="a")
    scene.note(4.0, "network", "outage_end", cohort="a")
    scene.served(scene.stream(1, 1.9, cohort="a", outcome=Outcome.RESET, closed_ns=at(3.0)))
    (found,) = check(view(scene))
    assert found.state == "FAIL"
