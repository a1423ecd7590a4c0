"""Colours: one name each, dark enough or light enough to be read."""

import pytest

from harness.record import Outcome
from reports.palette import INKS, css, light, variable


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_no_two_names_share_a_colour_on_paper() -> None:
    """The SVG finds a name by its colour."""
    assert len({ink.light for ink in INKS.values()}) == len(INKS)


def test_every_outcome_has_a_colour_and_strangers_share_one() -> None:
    assert {outcome.value for outcome in Outcome} <= INKS.keys()
    assert light("zebra") == INKS["other"].light
    assert variable("zebra") == "var(--other)"


@pytest.mark.parametrize("name", ["ink", "faint"])
def test_text_can_be_read_on_both_grounds(name: str) -> None:
    assert contrast(INKS[name].light, "#ffffff") >= 4.5
    assert contrast(INKS[name].dark, "#191c20") >= 4.5


@pytest.mark.parametrize("name", ["provider", "p50", "p95", "delivered", "emitted", "stall", "event", "lag"])
def test_lines_stand_out_on_both_grounds(name: str) -> None:
    assert contrast(INKS[name].light, "#ffffff") >= 3
    assert contrast(INKS[name].dark, "#191c20") >= 3


@pytest.mark.parametrize("bar", ["before", "first", "flowing", "slow", "stall1", "stall2"])
def test_the_mark_of_a_broken_stream_has_a_ground_of_its_own_on_every_bar(bar: str) -> None:
    for ink in ("light", "dark"):
        halo, mark = getattr(INKS["halo"], ink), getattr(INKS["limit"], ink)
        assert contrast(mark, halo) >= 4.5
        assert max(contrast(halo, getattr(INKS[bar], ink)), contrast(mark, getattr(INKS[bar], ink))) >= 1.5


def test_the_style_sheet_has_every_colour_in_both_schemes() -> None:
    for name, ink in INKS.items():
        assert f"--{name}:{ink.light};" in css()
        assert f"--{name}:{ink.dark};" in css()
