from harness.checks.never_fakes_success import check
from harness.record import Outcome
from tests.checks.looking import view
from tests.synthetic import Scene

CUT = {"ended_by": "fault", "fault": "s1@10", "terminal_ns": None}


def test_a_broken_answer_that_is_reported_as_broken_passes():
    scene = Scene()
    scene.whole(1)
    scene.served(scene.stream(2, outcome=Outcome.ERROR_EVENT), **CUT)
    (found,) = check(view(scene))
    assert found.state == "PASS"
    assert "0 of 1 answers" in found.evidence
    assert "broke 1 answers" in found.evidence


def test_a_broken_answer_that_claims_to_be_whole_fails():
    scene = Scene()
    scene.whole(1)
    scene.served(scene.stream(2), **CUT)
    (found,) = check(view(scene))
    assert (found.state, found.value, found.streams) == ("FAIL", 1, [2])
    assert found.fix


def test_where_nobody_claims_anything_there_is_nothing_to_fake():
    scene = Scene()
    scene.served(scene.stream(1, tokens=0, outcome=Outcome.RATE_LIMITED), status=429, ended_by="limit")
    assert check(view(scene)) == []
