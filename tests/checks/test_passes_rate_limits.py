from harness.checks.passes_rate_limits import check
from harness.record import Outcome
from tests.checks.looking import view
from tests.synthetic import MS, Scene


def refused(scene, stream, outcome=Outcome.RATE_LIMITED, retry_after_s=3.0, **served):
    row = scene.stream(stream, tokens=0, outcome=outcome, retry_after_s=retry_after_s)
    values = {"status": 429, "limit": "rpm", "retry_after_s": 3.0, "ended_by": "limit", "terminal_ns": None}
    scene.served(row, **{**values, **served})
    return row


def test_a_429_that_arrives_with_its_retry_after_passes():
    scene = Scene()
    refused(scene, 1)
    scene.whole(2)
    (found,) = check(view(scene))
    assert (found.state, found.evidence) == ("PASS", "1 of 1 provider refusals reached the user as such.")


def test_a_429_that_arrives_as_something_else_fails():
    scene = Scene()
    refused(scene, 1)
    refused(scene, 2, Outcome.REFUSED)
    (found,) = check(view(scene))
    assert (found.state, found.streams) == ("FAIL", [2])
    assert "1 refused" in found.evidence


def test_a_429_without_the_time_to_wait_fails_where_the_provider_gave_one():
    scene = Scene()
    refused(scene, 1, retry_after_s=None)
    assert [found.state for found in check(view(scene))] == ["FAIL"]
    scene = Scene()
    refused(scene, 1, retry_after_s=None)
    scene.ledger[0].retry_after_s = None
    assert [found.state for found in check(view(scene))] == ["PASS"]


def test_a_system_that_waited_and_asked_again_has_nothing_to_report():
    scene = Scene()
    row = scene.stream(1, ttft_ms=600.0)
    scene.served(row, status=429, limit="rpm", emitted=0, ended_by="limit", terminal_ns=None)
    scene.served(row, received_ns=row.sent_ns + 300 * MS)
    assert check(view(scene)) == []


def test_without_a_refusal_there_is_nothing_to_say():
    scene = Scene()
    scene.whole(1)
    assert check(view(scene)) == []
