"""JUnit: what a CI server counts."""

from xml.etree.ElementTree import Element, fromstring

import pytest

from harness.scorecard import Scorecard
from reports.scorecard.junit import render
from tests.reports.scorecard.examples import EVERY, broken, hostile, interrupted, invalid, kept


def suite(card: Scorecard) -> Element:
    found = fromstring(render(card)).find("testsuite")
    assert found is not None
    return found


def counts(card: Scorecard) -> dict[str, str | None]:
    return {name: suite(card).get(name) for name in ("tests", "failures", "errors", "skipped")}


def test_states_become_the_outcomes_of_test_cases() -> None:
    assert counts(kept()) == {"tests": "14", "failures": "0", "errors": "0", "skipped": "0"}
    assert counts(broken()) == {"tests": "14", "failures": "2", "errors": "0", "skipped": "2"}


def test_a_failure_tells_evidence_numbers_fix_and_how_it_was_probed() -> None:
    failure = suite(broken()).find("testcase[@name='does_not_hold_back']/failure")
    assert failure is not None
    assert "(seen 604 ms, limit 50.0 ms)" in (failure.get("message") or "")
    told = failure.text or ""
    assert "fix: Set `proxy_buffering off`" in told
    assert "probed: One question" in told
    assert "see docs/audit-checks.md#does_not_hold_back" in told


def test_a_late_generator_and_an_interruption_are_errors_of_the_audit_itself() -> None:
    assert counts(invalid())["errors"] == "2"  # the measurement, and the check that it spoiled
    error = suite(interrupted()).find("testcase[@name='measurement']/error")
    assert error is not None
    assert "3 of 13 promises" in (error.get("message") or "")


def test_a_case_is_named_by_check_and_group() -> None:
    cases = [(case.get("classname"), case.get("name")) for case in suite(kept()).iter("testcase")]
    assert cases[:2] == [("audit", "measurement"), ("audit.latency", "does_not_hold_back")]


def test_markup_survives_as_text() -> None:
    failure = suite(hostile()).find("testcase/failure")
    assert failure is not None
    assert "<script>alert(1)</script>" in (failure.text or "")


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_every_scorecard_is_well_formed(example) -> None:
    assert int(suite(example()).get("tests") or 0) == len(example().promises) + 1
