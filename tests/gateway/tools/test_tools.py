from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway import tools
from gateway.tools.tool import BadArguments


def run(name: str, **arguments: Any) -> str:
    return tools.load(name).run(arguments)


@pytest.mark.parametrize("name", tools.names())
def test_each_tool_goes_by_its_files_name_and_says_what_it_takes(name: str):
    offer = tools.load(name).offer
    assert offer.name == name
    assert offer.description
    assert offer.parameters["type"] == "object"
    assert msgspec.json.encode(offer.parameters)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        (" (3 + 4) * 2 ** 8 ", "1792"),
        ("7 / 2", "3.5"),
        ("-7 // 2", "-4"),
        ("2 ** -1", "0.5"),
        ("10 % 4 - +1.5", "0.5"),
    ],
)
def test_arithmetic(expression: str, result: str):
    assert run("calculate", expression=expression) == result


@pytest.mark.parametrize(
    "expression",
    [
        "9 ** 9 ** 9",
        "2 ** 100000",
        "1 / 0",
        "(-8) ** 0.5",
        "__import__('os')",
        "(1).real",
        "'a' * 9",
        "True + 1",
        "1 +",
        "(" * 500 + ")" * 500,
        "1e308 * 10 ** 400",
        "x" * 1001,
    ],
)
def test_what_is_no_arithmetic_or_too_much_of_it_is_refused(expression: str):
    with pytest.raises(BadArguments):
        run("calculate", expression=expression)


def test_the_clock_tells_the_time_where_it_is_asked():
    assert datetime.fromisoformat(run("clock")).utcoffset() == timedelta(0)
    assert datetime.fromisoformat(run("clock", utc_offset_hours=-3.5)).utcoffset() == timedelta(hours=-3.5)
    for nonsense in (15, "UTC", True, None):
        with pytest.raises(BadArguments):
            run("clock", utc_offset_hours=nonsense)


def test_a_word_that_the_glossary_has_not_is_said():
    assert run("lookup", word="TTFT").startswith("time to first token")
    assert run("lookup", word="sea") == "'sea' is not in this glossary"
