import pytest

from harness.checks.loses_no_tokens import check
from harness.record import Outcome
from tests.checks.looking import view
from tests.synthetic import Scene, plan


def test_it_passes_when_tokens_in_are_tokens_out():
    scene = Scene()
    scene.whole(1, tokens=10)
    scene.served(scene.stream(2, tokens=4, outcome=Outcome.RESET), emitted=9)
    (found,) = check(view(scene))
    assert found.state == "PASS"
    assert found.evidence.startswith("10 of 10 tokens arrived in 1 completed streams; none lost")


@pytest.mark.parametrize("damage", ["lost", "duplicated", "reordered", "crosstalk", "altered"])
def test_each_kind_of_damage_fails_it_also_in_a_broken_stream(damage):
    scene = Scene()
    scene.whole(1)
    scene.served(scene.stream(2, outcome=Outcome.CORRUPT, **{damage: 1}))
    (found,) = check(view(scene))
    assert (found.state, found.streams) == ("FAIL", [2])
    assert f"1 {damage}" in found.evidence


def test_a_completed_stream_without_its_tail_fails_it():
    scene = Scene()
    scene.served(scene.stream(1, tokens=10), emitted=12)
    (found,) = check(view(scene))
    assert (found.state, found.streams) == ("FAIL", [1])
    assert "2 lost_tail" in found.evidence


def test_usage_that_differs_from_the_text_fails_it():
    scene = Scene()
    scene.served(scene.stream(1, tokens=10, output_tokens=11))
    scene.served(scene.stream(2, tokens=10, output_tokens=None))
    (found,) = check(view(scene))
    assert (found.state, found.streams) == ("FAIL", [1])
    assert "usage differs from the text in 1 streams" in found.evidence


def test_reasoning_and_tool_calls_are_no_lost_text():
    scene = Scene()
    row = scene.stream(1, tokens=10, output_tokens=25)
    scene.served(row, emitted=25, other_tokens=15)
    (found,) = check(view(scene))
    assert (found.state, found.evidence.split(";")[0]) == (
        "PASS",
        "10 of 10 tokens arrived in 1 completed streams",
    )


@pytest.mark.parametrize("fault", ["s8@3:bad_utf8", "s11@3:duplicate"])
def test_what_the_provider_itself_was_to_spoil_is_not_held_against_the_system(fault):
    scene = Scene()
    scene.whole(1)
    scene.served(scene.stream(2, outcome=Outcome.CORRUPT, duplicated=1), fault=fault)
    assert [found.state for found in check(view(scene))] == ["PASS"]


def test_an_unverified_answer_is_not_judged():
    scene = Scene()
    scene.served(scene.stream(1, verified=False, tokens=0, content_events=5))
    assert check(view(scene)) == []


def test_without_a_ledger_it_is_not_measured():
    scene = Scene(plan(provider=None))
    scene.stream(1)
    assert [found.state for found in check(view(scene))] == ["NOT MEASURED"]
