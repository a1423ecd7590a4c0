"""The registry of checks, and which of them speak in which phase."""

import pytest

import harness.checks as checks
from harness.metrics.join import join
from tests.sample import sample_scene
from tests.synthetic import Scene, plan


def phase(**keys):
    return {"name": "steady", "duration_s": 20.0, "load": {"users": 5}, **keys}


def results(scene):
    return checks.run_checks(join(scene.run()))


def test_checks_are_found_by_the_name_of_their_file():
    assert checks.names() == [
        "cancels_upstream", "completes", "loses_no_tokens", "meets_slo", "never_fakes_success",
        "passes_rate_limits", "reports_every_fault", "survives_outages",
    ]  # fmt: skip
    for name in checks.names():
        assert callable(checks.load(name))


@pytest.mark.parametrize("name", ["view", "no_such_check"])
def test_a_name_that_is_no_check_is_a_key_error(name):
    with pytest.raises(KeyError):
        checks.load(name)


def test_a_healthy_run_passes_all_that_has_something_to_say():
    found = results(sample_scene())
    assert {result.state for result in found} == {"PASS"}
    said = {(result.phase, result.id) for result in found}
    assert ("commute", "survives_outages") in said
    assert ("steady", "survives_outages") not in said
    assert ("quota", "passes_rate_limits") in said
    assert ("faults", "reports_every_fault") in said
    assert not [phase for phase, _ in said if phase == "warm"]
    assert len(said) == len(found)


def test_every_result_says_its_promise_and_its_evidence_in_a_sentence():
    for result in results(sample_scene()):
        assert result.promise.endswith("."), result
        assert result.evidence.endswith("."), result


def test_a_phase_may_name_the_checks_it_wants_and_keeps_its_objectives():
    scene = Scene(plan(phases=[phase(checks=["completes"], slo=["success_share >= 0.5"])]))
    for stream in range(20):
        scene.whole(stream)
    assert [result.id for result in results(scene)] == ["completes", "meets_slo success_share"]


def test_a_check_that_is_asked_for_and_has_nothing_to_judge_says_so():
    scene = Scene(plan(phases=[phase(checks=["survives_outages"])]))
    scene.whole(1)
    (found,) = results(scene)
    assert (found.id, found.state) == ("survives_outages", "INCONCLUSIVE")


def test_without_our_provider_the_checks_that_need_it_are_not_measured():
    scene = Scene(plan(provider=None))
    scene.stream(1)
    assert {result.id: result.state for result in results(scene)} == {
        "completes": "PASS", "loses_no_tokens": "NOT MEASURED", "never_fakes_success": "NOT MEASURED",
    }  # fmt: skip


def test_a_phase_without_streams_is_not_judged():
    assert results(Scene()) == []
