import pytest

from harness.checks.cancels_upstream import check
from harness.record import Outcome
from tests.checks.looking import view
from tests.synthetic import MS, Scene, plan


def left(after_disconnect="cancel", noticed_ms=80.0, over_ms=None, emitted=20, **served):
    """A user resets at token 10 of 60; the provider is over `over_ms` later."""
    keys = {"expect": {"after_disconnect": after_disconnect, "cancel_within_s": 1.0}}
    scene = Scene(plan(target=keys))
    row = scene.stream(1, outcome=Outcome.CANCELLED)
    noticed = None if noticed_ms is None else row.closed_ns + round(noticed_ms * MS)
    over = row.closed_ns + round((over_ms if over_ms is not None else noticed_ms) * MS)
    values = {"peer_left_ns": noticed, "closed_ns": over, "planned_tokens": 60, "terminal_ns": None}
    values["ended_by"] = "peer" if noticed else "provider"
    scene.served(row, emitted=emitted, **{**values, **served})
    return check(view(scene))


def test_a_provider_that_hears_of_it_in_time_passes():
    (found,) = left()
    assert found.state == "PASS"
    assert (
        "1 of 1 users' leaving reached the provider within 1000 ms (slowest noticed: 80 ms)" in found.evidence
    )
    assert "10 tokens were generated for nobody." in found.evidence


def test_a_provider_that_hears_of_it_late_fails():
    (found,) = left(noticed_ms=1300.0)
    assert (found.state, found.streams) == ("FAIL", [1])


def test_a_provider_that_never_hears_of_it_fails():
    (found,) = left(noticed_ms=None, over_ms=2500.0, emitted=60)
    assert found.state == "FAIL"
    assert "slowest noticed: never" in found.evidence


def test_a_provider_that_was_done_before_it_had_to_notice_is_not_judged():
    assert left(noticed_ms=None, over_ms=400.0) == []


def test_a_system_that_declares_to_drain_must_let_the_provider_finish():
    (drains,) = left("drain", noticed_ms=None, over_ms=2500.0, emitted=60, terminal_ns=None)
    assert drains.state == "PASS"
    (cancels,) = left("drain", noticed_ms=80.0)
    assert cancels.state == "FAIL"
    assert "after_disconnect: cancel" in cancels.fix


def test_a_system_that_waits_for_its_users_must_still_stop_in_the_declared_time():
    (waited,) = left("resume", noticed_ms=900.0)
    assert (waited.state, "does not come back" in waited.promise) == ("PASS", True)
    (late,) = left("resume", noticed_ms=1300.0)
    assert late.state == "FAIL"


def test_a_user_who_came_back_had_not_left():
    scene = Scene(plan(target={"expect": {"after_disconnect": "resume"}}))
    first = scene.stream(1, outcome=Outcome.RESET)
    scene.served(first, emitted=60)
    scene.stream(1, 2.0, tokens=50, attempt=2, resumed_from=10)
    assert check(view(scene)) == []


def test_an_outage_hides_the_user_s_leaving_from_the_system():
    scene = Scene()
    scene.note(0.5, "network", "outage_begin", cohort="a")
    scene.note(9.0, "network", "outage_end", cohort="a")
    row = scene.stream(1, cohort="a", outcome=Outcome.STALLED)
    scene.served(row, emitted=60, closed_ns=row.closed_ns + 5000 * MS)
    assert check(view(scene)) == []


@pytest.mark.parametrize("outcome", [Outcome.COMPLETED, Outcome.ERROR_EVENT])
def test_where_nobody_left_there_is_nothing_to_say(outcome):
    scene = Scene()
    scene.served(scene.stream(1, outcome=outcome))
    assert check(view(scene)) == []


def test_without_a_ledger_it_is_not_measured_but_only_where_somebody_left():
    scene = Scene(plan(provider=None))
    scene.stream(1)
    assert check(view(scene)) == []
    scene.stream(2, outcome=Outcome.CANCELLED)
    assert [found.state for found in check(view(scene))] == ["NOT MEASURED"]
