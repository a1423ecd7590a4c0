import pytest

from harness.metrics.arms import arms, kind_of
from harness.metrics.join import join
from tests.synthetic import Scene, plan

LOAD = {"users": 10}
ROAD = [{"link": "l", "for_s": 3.0}, {"cut": "rst"}, {"link": "l"}]
NETWORK = {"links": {"l": "l"}, "journeys": {"idle": [{"link": "l"}], "road": ROAD}}


def phase(name: str, journey: str | None = None, **keys: object) -> dict[str, object]:
    network = [{"name": f"{name}-1", "journey": journey}] if journey else []
    return {"name": name, "duration_s": 10.0, "load": LOAD, "network": network, **keys}


def three(*others: dict[str, object]) -> Scene:
    """Direct, idle and a road, with times to first token of 100, 110 and 300 ms."""
    phases = [phase("direct"), phase("idle", "idle"), phase("road", "road", kind="fault"), *others]
    scene = Scene(plan(phases=phases, network=NETWORK))
    for number, (name, ttft) in enumerate((("direct", 100.0), ("idle", 110.0), ("road", 300.0))):
        for stream in range(20):
            scene.whole(number * 100 + stream, number * 10 + 1.0, phase=name, ttft_ms=ttft)
    return scene


def test_phases_are_told_by_what_their_network_does():
    run = three().plan
    assert [kind_of(each, run) for each in run.phases] == ["direct", "idle", "journey"]


def test_differences_count_against_the_proxy_that_does_nothing():
    found = {arm.phase: arm for arm in arms(join(three().run()))}
    assert list(found) == ["direct", "idle", "road"]
    assert found["road"].differences["ttft_user p50"] == pytest.approx(190.0)
    assert found["direct"].differences["ttft_user p50"] == pytest.approx(-10.0)
    assert found["road"].differences["success_share"] == 0.0
    assert found["idle"].differences == {}
    assert {arm.against for arm in found.values()} == {"idle"}


def test_what_has_too_few_samples_is_left_out():
    found = arms(join(three().run()))[0]
    assert "ttft_user p50" in found.values
    assert "ttft_user p95" not in found.values


def test_another_load_is_no_arm_of_the_same():
    scene = three(phase("crowd", "road", load={"users": 99}))
    assert [arm.phase for arm in arms(join(scene.run()))] == ["direct", "idle", "road"]


def test_without_an_idle_proxy_there_is_nothing_to_compare_with():
    scene = Scene(plan(phases=[phase("direct"), phase("road", "road")], network=NETWORK))
    scene.whole(1, 1.0, phase="direct")
    assert arms(join(scene.run())) == []
