"""What docs/gateway.md says that users hear must be so."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from gateway import tools
from gateway.endpoints import all_endpoints
from gateway.structured_voice import Pattern
from harness.dialects import generic
from harness.dialects.events import Kind
from harness.wire.frame import Frame

GUIDE = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text(encoding="utf-8")


def rows(head: str) -> list[str]:
    """The first cells of the table that begins with `head`."""
    lines = GUIDE.split(head, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [line.split(" | ")[0].removeprefix("| ") for line in lines]


def test_every_endpoint_that_answers_is_in_the_table_and_no_other():
    told = {path for cell in rows("| endpoint |") for path in re.findall(r"(/[\w/]+)", cell)}
    assert told == {path for each in all_endpoints() if each.asks for _, path in each.routes}


@pytest.mark.parametrize("event", [cell.strip("`") for cell in rows("| event |")])
def test_every_event_in_the_table_means_something_to_our_reader(event: str):
    meanings = generic.DIALECT.decoder().feed(Frame(event.encode()))
    assert {meaning.kind for meaning in meanings}.isdisjoint({Kind.OTHER, Kind.CORRUPT})


def test_patterns_and_tools_are_those_there_are():
    assert [cell.strip("`") for cell in rows("| `pattern` |")] == list(get_args(Pattern))
    (offered,) = re.findall(r"--offer-tools ([\w,]+)", GUIDE)
    assert offered.split(",") == tools.names()


def test_the_example_question_is_one():
    (body,) = re.findall(r"/api/chat/structured -d '(.*?)'", GUIDE, re.DOTALL)
    assert json.loads(body)["pattern"] in get_args(Pattern)
