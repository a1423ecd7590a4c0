from harness.metrics.join import join
from harness.metrics.resilience import resilience
from tests.sample import sample_scene
from tests.synthetic import Scene


def by_phase():
    return {found.phase: found for found in resilience(join(sample_scene().run()))}


def test_the_warm_up_is_left_out():
    assert list(by_phase()) == ["steady", "commute", "faults", "quota"]


def test_a_cut_is_noticed_when_the_attempt_is_over():
    commute = by_phase()["commute"]
    # Cuts were applied 2 and 3 ms after the connections were gone: within the clock of the proxy's answer.
    assert commute.detect_ms_p50 is None or commute.detect_ms_p50 < 250.0
    assert commute.completed == commute.streams - 12


def test_after_an_outage_the_next_content_is_the_recovery():
    commute = by_phase()["commute"]
    assert commute.never_recovered == 0
    # Open since 24.9 s with 40 tokens 20 ms apart: the 41st comes 3.2 s after the 40th, at about 29.13 s.
    assert 0.0 < commute.recover_ms_p50 < 300.0


def test_users_who_left_were_noticed_by_the_provider():
    commute = by_phase()["commute"]
    assert commute.abort_ms_p50 == commute.abort_ms_max == 60.0
    assert commute.wasted_tokens > 0


def test_a_provider_s_own_fault_is_told_to_the_user_at_once():
    faults = by_phase()["faults"]
    assert 0.0 <= faults.detect_ms_p50 < 10.0
    assert faults.false_success == 0
    assert faults.outcomes["error_event"] == 20


def test_a_run_without_planned_faults_has_nothing_to_survive():
    scene = Scene()
    scene.stream(1)
    assert resilience(join(scene.run())) == []
