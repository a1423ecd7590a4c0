"""What docs/networks.md says must be so."""

import re
from pathlib import Path

from harness.network.journeys import compile_journey
from harness.network.profiles import load_profiles
from harness.network.rto import retransmissions
from harness.plan.reader import JOURNEYS, load_plan

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text(encoding="utf-8")


def test_its_plan_can_be_played(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(name:.*?)```", PAGE, re.DOTALL)
    (tmp_path / "plan.yaml").write_text(block, encoding="utf-8")
    plan = load_plan(tmp_path / "plan.yaml")
    (phase,) = plan.phases
    assert [cohort.name for cohort in phase.network] == [*(f"train-{n}" for n in range(1, 9)), "mine"]
    assert phase.network[1].offset_s == 3.75
    whats = {
        operation.what
        for cohort in phase.network
        for operation in compile_journey(plan.network, cohort, phase.duration_s, 7, load_profiles())
    }
    assert whats >= {"link", "outage_begin", "outage_end", "cut", "cut_end"}


def test_it_names_every_journey_and_no_other() -> None:
    table = PAGE.split("| journey | what happens |", 1)[1].split("\n\n", 1)[0]
    assert sorted(re.findall(r"^\| `([a-z_]+)`", table, re.MULTILINE)) == sorted(
        path.stem for path in JOURNEYS.glob("*.yaml")
    )


def test_every_profile_that_it_names_exists() -> None:
    prefixes = {profile.partition("/")[0] for profile in load_profiles()}
    named = {name for name in re.findall(r"\b([a-z+]+/[\w.-]+)", PAGE) if name.split("/")[0] in prefixes}
    assert len(named) >= 6
    assert named <= set(load_profiles())


def test_its_ladder_is_the_one_in_use() -> None:
    (written,) = re.findall(r"retransmission, ([\d., \n]+), … s", PAGE)
    numbers = [float(text) for text in re.findall(r"\d+\.\d", written)]
    assert numbers == retransmissions()[: len(numbers)]
