"""docs/mock.md says what is true."""

import re
from pathlib import Path

import pytest

from harness.plan.provider import Provider
from harness.plan.reader import parse
from mock_provider import faults, notation, settings

GUIDE = (Path(__file__).parents[2] / "docs" / "mock.md").read_text(encoding="utf-8")


def test_its_configuration_can_be_read() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    config = parse(block, Provider, "docs/mock.md")
    assert set(config.models) == {"mock-8b", "mock-70b", "stubborn"}
    for rule in config.faults:
        notation.check(rule)


@pytest.mark.parametrize("name", faults.names())
def test_it_names_every_fault_and_every_kind(name: str) -> None:
    row = next(line for line in GUIDE.splitlines() if line.startswith("|") and f"`{name}`" in line)
    kinds = [kind for kind in faults.load(name).kinds if "-" not in kind]
    missing = [kind for kind in kinds if f"`{kind}`" not in row]
    assert missing == [] or name == "s10"


def test_its_notations_and_settings_exist() -> None:
    for text in re.findall(r"`((?:s|h|c)\d+(?:@\d+)?:[\w,.]+)`", GUIDE):
        notation.parse(text)
    (listed,) = re.findall(r"\(also (.*?)\)", GUIDE)
    assert set(re.findall(r"`(\w+)`", listed)) == set(settings.KEYS) - {"fault"}
