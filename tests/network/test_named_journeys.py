from pathlib import Path

import pytest

from harness.network.chain import standard_chain
from harness.network.journeys import compile_journey, resolve_links
from harness.network.profiles import load_profiles
from harness.network.validation import check_toxic
from harness.plan.network import Cohort, Network
from harness.plan.plan import Plan
from harness.plan.reader import JOURNEYS, PlanError, dump, load_as, load_plan, named_journey

NAMES = sorted(path.stem for path in JOURNEYS.glob("*.yaml"))
PLAN = """\
name: rides
phases:
  - name: ride
    duration_s: 30
    load: {users: 2}
    network:
      - {name: up, journey: elevator}
      - {name: own, journey: mine}
network:
  links: {lte: sp/5g}
  journeys:
    mine: [{link: lte}]
"""


def test_the_journeys_of_the_field_are_there() -> None:
    assert NAMES == [
        "app_in_background",
        "app_suspended",
        "carrier_reset",
        "commuter_train",
        "dead_zone",
        "elevator",
        "server_drain",
        "subway",
        "tower_edge",
        "wifi_to_cellular",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_played(name: str) -> None:
    journey = named_journey(name)
    assert journey is not None
    network = Network(links=journey.links, journeys={name: journey.steps})
    links = resolve_links(network, load_profiles())
    for toxic in standard_chain(journey.steps, links):
        check_toxic(toxic)
    repeat = name != "dead_zone"
    for seed in range(5):
        cohort = Cohort(name="c", journey=name, repeat=repeat)
        assert compile_journey(network, cohort, 300, seed, load_profiles())


@pytest.mark.parametrize("name", NAMES)
def test_a_length_that_nobody_published_is_labelled(name: str) -> None:
    """Outages beyond what traces of driving and generation changes show are assumptions."""
    journey = named_journey(name)
    assert journey is not None
    assumed = {"app_in_background", "commuter_train", "elevator", "server_drain", "subway"}
    assert any(step.assumed for step in journey.steps) == (name in assumed)


def test_a_plan_uses_one_by_its_name_and_its_own_links_win(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    plan = load_plan(tmp_path / "plan.yaml")
    assert list(plan.network.journeys) == ["elevator", "mine"]
    assert plan.network.links == {"lte": "sp/5g", "edge": "wpt/edge"}


def test_the_resolved_plan_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    plan = load_plan(tmp_path / "plan.yaml")
    (tmp_path / "resolved.yaml").write_text(dump(plan))
    assert load_as(tmp_path / "resolved.yaml", Plan) == plan


def test_a_name_that_nobody_has_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN.replace("elevator", "elevador"))
    with pytest.raises(PlanError, match="takes the journey elevador, which neither"):
        load_plan(tmp_path / "plan.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "network: 3\n",
        "phases: 3\n",
        "phases: [3]\n",
        "phases: [{network: 3}]\n",
        "phases: [{network: [3]}]\n",
        "phases: []\nnetwork: {journeys: [a]}\n",
    ],
)
def test_a_plan_of_a_wrong_shape_still_gets_its_own_message(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.yaml").write_text("name: x\n" + text)
    with pytest.raises(PlanError, match=r"plan\.yaml:\d+: "):
        load_plan(tmp_path / "plan.yaml")


def test_a_cohort_of_several_copies_becomes_several_cohorts(tmp_path: Path) -> None:
    spread = PLAN.replace(
        "journey: elevator}", "journey: elevator, copies: 3, spread_s: 6, share: 3, offset_s: 1}"
    )
    (tmp_path / "plan.yaml").write_text(spread)
    cohorts = load_plan(tmp_path / "plan.yaml").phases[0].network
    assert [(c.name, c.offset_s, c.share, c.copies) for c in cohorts] == [
        ("up-1", 1, 1, 1),
        ("up-2", 3, 1, 1),
        ("up-3", 5, 1, 1),
        ("own", 0, 1, 1),
    ]


def test_a_copy_cannot_take_the_name_of_another_cohort(tmp_path: Path) -> None:
    clash = PLAN.replace("journey: elevator}", "journey: elevator, copies: 3}").replace(
        "name: own", "name: up-2"
    )
    (tmp_path / "plan.yaml").write_text(clash)
    with pytest.raises(PlanError, match=r"plan\.yaml: two cohorts of a phase have the same name"):
        load_plan(tmp_path / "plan.yaml")


@pytest.mark.parametrize("wrong", ["copies: 0", "copies: 501", "spread_s: -1"])
def test_copies_have_bounds(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN.replace("journey: elevator}", f"journey: elevator, {wrong}}}"))
    with pytest.raises(PlanError, match="copies is from 1 to 500"):
        load_plan(tmp_path / "plan.yaml")
