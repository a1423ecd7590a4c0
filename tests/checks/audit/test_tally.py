"""Findings that count the answers that went wrong."""

from harness.checks.audit import tally
from harness.checks.audit.check import Finding, Heard
from harness.checks.audit.hearing import SHOWN
from tests.checks.audit import scenes


def answers(number: int) -> list[Heard]:
    return [scenes.heard(scenes.question(name=f"q{n}"), stream=scenes.STREAM + n) for n in range(number)]


def test_answers_that_nothing_is_against_are_not_wrong():
    one, other = answers(2)
    found = tally.wrong([one, other], lambda each: "late" if each is other else "")
    assert found == [(other, "late")]
    assert tally.heard(found) == [other]


def test_each_wrong_answer_is_named_with_what_is_wrong_with_it():
    one, other = answers(2)
    assert tally.failed("2 of 3 failed.", [(one, "late"), (other, "cut")], fix="Wait.") == Finding(
        state="FAIL",
        evidence="2 of 3 failed. q0: late; q1: cut.",
        value=2,
        limit=0,
        unit="answers",
        fix="Wait.",
        streams=[scenes.STREAM, scenes.STREAM + 1],
    )


def test_none_wrong_passes():
    assert tally.passed("All came.") == Finding(
        state="PASS", evidence="All came.", value=0, limit=0, unit="answers"
    )


def test_all_are_counted_and_some_of_their_streams_are_shown():
    found = tally.counted("None came.", answers(SHOWN + 2), unit="lines")
    assert (found.state, found.value, found.unit, len(found.streams)) == ("FAIL", SHOWN + 2, "lines", SHOWN)
