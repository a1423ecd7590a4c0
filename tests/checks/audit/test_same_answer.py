"""The checks that ask for the same answer in several framings, and each one's own bug."""

import pytest

from harness.checks import audit
from harness.checks.audit.check import Terms
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, unasked

CHECKS = {
    "splits_no_character": "cut_in_characters_the_rest_15_ms_later",
    "reads_any_line_ending": "CRLF",
    "reads_comments": "comments",
    "reads_multiline_data": "data_on_two_lines",
    "keeps_the_last_event": "body_ends_right_after_the_usage",
}


def failing(asked, stream):
    """The system gives up where it cannot read."""
    said = scenes.pieces_of(asked, stream)[:3]
    error = b'data: {"error":{"type":"upstream_corrupt","message":"?"}}\n\n'
    return scenes.heard(asked, [*said, (200.0, error)], ending=Cause.EOF, stream=stream)


def silent(asked, stream):
    """It takes what it cannot read for nothing, and says that the answer was that."""
    return scenes.heard(asked, scenes.pieces_of(asked, stream)[-1:], stream=stream)


@pytest.mark.parametrize("name", CHECKS)
def test_the_same_answer_passes(name):
    found = finding(name)
    others = len(audit.load(name).ask(Terms())) - 1
    assert (found.state, f"{others} framings" in found.evidence) == ("PASS", True)


@pytest.mark.parametrize("bug", [failing, silent])
@pytest.mark.parametrize("name", CHECKS)
def test_a_misread_framing_fails_and_is_named(name, bug):
    found = finding(name, **{CHECKS[name]: bug})
    asked = next(
        q for q in audit.load(name).ask(Terms()) if q.name.replace(",", "").replace(" ", "_") == CHECKS[name]
    )
    assert (found.state, found.value) == ("FAIL", 1)
    assert f"{asked.name}: " in found.evidence
    assert found.fix == audit.load(name).fix


@pytest.mark.parametrize("name", CHECKS)
def test_where_the_usual_framing_fails_as_well_it_is_another_checks_business(name):
    found = finding(name, answer=failing)
    assert (found.state, "usual framing did not arrive whole" in found.evidence) == ("INCONCLUSIVE", True)


@pytest.mark.parametrize("name", CHECKS)
def test_framings_that_were_not_asked_decide_nothing(name):
    assert finding(name, answer=unasked).state == "INCONCLUSIVE"
    assert finding(name, **{CHECKS[name]: unasked}).state == "INCONCLUSIVE"
