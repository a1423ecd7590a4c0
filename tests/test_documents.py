"""What the pages say must be so."""

import re
from pathlib import Path

import pytest

from harness import dialects
from harness.metrics import objective_problem
from harness.plan.reader import load_plan
from reports.definitions import TRUST

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def first_column(table_head: str, text: str) -> list[str]:
    """The names in backticks in the first column of the table that begins with `table_head`."""
    rows = text.split(table_head, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    here = [link for link in links if "://" not in link]
    assert [link for link in here if not (page.parent / link).exists()] == []


def test_every_question_of_validity_has_its_limits_on_its_page():
    page = (ROOT / "docs/validity.md").read_text(encoding="utf-8")
    assert sorted(first_column("| id | what |", page)) == sorted(TRUST)


def test_the_plan_in_the_readme_is_one(tmp_path: Path):
    [block] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "mine.yaml"
    path.write_text(block, encoding="utf-8")
    plan = load_plan(path)
    assert plan.target.dialect in dialects.names()
    objectives = [objective for phase in plan.phases for objective in phase.objectives]
    assert len(objectives) == 2
    assert [objective_problem(o.metric, o.percent) for o in objectives] == [None, None]


def test_the_readme_tells_every_plan_and_every_scenario_and_no_other():
    plans = {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}
    files = {path.stem for path in (ROOT / "scenarios").glob("[a-z]*.py")}
    assert set(first_column("| plan |", README)) == plans
    assert set(first_column("| scenario |", README)) == files


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        name for page in PAGES for name in re.findall(r"`?make ([a-z]+)`", page.read_text(encoding="utf-8"))
    }
    assert named <= targets


def test_every_room_of_the_architecture_is_there():
    rooms = first_column("| room |", ARCHITECTURE)
    missing = [
        room for room in rooms if not (ROOT / room).exists() and not (ROOT / "harness" / room).exists()
    ]
    assert missing == []


def test_every_part_of_the_house_has_a_room():
    named = "".join(first_column("| room |", ARCHITECTURE))
    parts = [path.name for path in (ROOT / "harness").iterdir() if not path.name.startswith("_")]
    assert [part for part in parts if part not in named] == ["schema_doc.py"]
