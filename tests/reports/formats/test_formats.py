"""Every format of the folder, by itself: found by name, deterministic, safe with any summary."""

import re
from collections.abc import Callable

import pytest

from harness.summary import Summary
from reports.formats import file_name, names, render
from tests.reports.examples import EVERY, demo


def test_formats_are_found_by_their_file() -> None:
    assert names() == ["csv", "github_annotations", "github_summary", "junit", "markdown", "openmetrics"]
    assert len({file_name(name) for name in names()}) == len(names())


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no report format 'pdf'; there are: csv, .*openmetrics"):
        render("pdf", demo())


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_every_summary_has_every_format_and_no_control_characters(
    name: str, example: Callable[[], Summary]
) -> None:
    text = render(name, example())
    assert text.endswith("\n")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text)
    assert render(name, example()) == text
