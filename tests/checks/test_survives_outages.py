from harness.checks.survives_outages import check
from harness.record import Outcome
from tests.checks.looking import view
from tests.synthetic import Scene, at, plan

PHASES = [
    {
        "name": "commute", "kind": "fault", "duration_s": 20.0, "load": {"users": 5},
        "network": [{"name": "train", "journey": "tunnel"}],
    }
]  # fmt: skip
NETWORK = {
    "links": {"lte": "lte"},
    "journeys": {
        "tunnel": [{"link": "lte", "for_s": 5.0}, {"outage": "sealed", "for_s": 3.0}, {"link": "lte"}]
    },
}


def tunnel():
    scene = Scene(plan(phases=PHASES, network=NETWORK))
    scene.note(5.0, "network", "outage_begin", cohort="train", phase="commute")
    scene.note(8.0, "network", "outage_end", cohort="train", phase="commute")
    return scene


def inside(scene, stream, **fields):
    return scene.stream(
        stream, 4.5, cohort="train", gaps_ms=[20.0, 3300.0, 20.0], tokens=4, **{"ttft_ms": 300.0, **fields}
    )


def judged(scene):
    (found,) = check(view(scene))
    return found


def test_streams_that_wait_and_go_on_pass():
    scene = tunnel()
    inside(scene, 1)
    scene.stream(2, 10.0, cohort="train")
    found = judged(scene)
    assert found.state == "PASS"
    assert found.evidence.startswith("1 of 1 streams that were open when an outage began completed")
    assert "the longest 3.3 s" in found.evidence


def test_a_stream_that_the_silence_ended_fails():
    scene = tunnel()
    inside(scene, 1)
    inside(scene, 2, outcome=Outcome.RESET, closed_ns=at(7.0))
    found = judged(scene)
    assert (found.state, found.streams) == ("FAIL", [2])
    assert "1 reset" in found.evidence


def test_a_stream_that_waited_for_its_first_token_has_waited_as_well():
    scene = tunnel()
    scene.stream(1, 4.8, cohort="train", ttft_ms=3500.0)
    assert judged(scene).state == "PASS"


def test_an_outage_that_no_stream_met_proves_nothing():
    scene = tunnel()
    scene.stream(1, 1.0, cohort="train")
    found = judged(scene)
    assert found.state == "INCONCLUSIVE"
    assert found.evidence.startswith("0 streams were open")


def test_an_outage_that_nobody_felt_proves_nothing():
    scene = tunnel()
    scene.stream(1, 4.9, cohort="train", ttft_ms=110.0, gaps_ms=20.0, tokens=30)
    assert judged(scene).state == "INCONCLUSIVE"


def test_an_outage_that_was_planned_and_never_applied_is_no_pass():
    scene = Scene(plan(phases=PHASES, network=NETWORK))
    scene.stream(1, cohort="train")
    assert judged(scene).state == "INCONCLUSIVE"


def test_streams_that_another_fault_broke_are_judged_elsewhere():
    scene = tunnel()
    inside(scene, 1)
    scene.served(
        inside(scene, 2, outcome=Outcome.ERROR_EVENT), fault="s1@4", ended_by="fault", terminal_ns=None
    )
    assert judged(scene).state == "PASS"


def test_a_phase_without_an_outage_has_nothing_to_say():
    scene = Scene()
    scene.stream(1)
    assert check(view(scene)) == []
