"""JUnit: what a CI server counts."""

from xml.etree.ElementTree import Element, fromstring

import msgspec

from harness.summary import CheckResult, Summary
from reports.formats.junit import render
from tests.reports.examples import MARKUP, demo, empty, failing, hostile, interrupted


def suite(summary: Summary) -> Element:
    found = fromstring(render(summary)).find("testsuite")
    assert found is not None
    return found


def counts(summary: Summary) -> dict[str, str | None]:
    return {name: suite(summary).get(name) for name in ("tests", "failures", "errors", "skipped")}


def test_states_become_the_outcomes_of_test_cases() -> None:
    assert counts(failing()) == {"tests": "8", "failures": "1", "errors": "0", "skipped": "2"}


def test_a_failure_tells_value_limit_and_fix() -> None:
    failure = suite(failing()).find("testcase/failure")
    assert failure is not None
    assert "(seen 57 tokens, limit 0 tokens)" in (failure.get("message") or "")
    assert "fix: Flush after every event" in (failure.text or "")
    assert "streams: 300, 301" in (failure.text or "")


def test_a_case_keeps_its_name_from_run_to_run() -> None:
    def cases(summary: Summary) -> list[tuple[str | None, str | None]]:
        return [(case.get("classname"), case.get("name")) for case in suite(summary).iter("testcase")]

    assert cases(demo(seed=1)) == cases(demo(seed=2))
    assert cases(demo())[:2] == [("demo", "measurement"), ("demo.steady", "loses_no_tokens")]


def test_an_invalid_measurement_is_an_error_even_if_every_check_passed() -> None:
    assert counts(empty()) == {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}


def test_an_interrupted_run_is_an_error_that_names_the_dead() -> None:
    error = suite(interrupted()).find("testcase/error")
    assert error is not None
    assert error.get("message") == "died: mock provider 2 (signal 9) at 20.1 s; the run was interrupted"


def test_an_invalid_check_is_an_error_and_no_failure() -> None:
    check = CheckResult(id="c", phase="", state="INVALID", promise="p", evidence="e")
    summary = msgspec.structs.replace(demo(), checks=[check])
    assert counts(summary) == {"tests": "2", "failures": "0", "errors": "1", "skipped": "0"}


def test_markup_survives_as_text() -> None:
    output = suite(hostile()).find("testcase[@name='measurement']/system-out")
    assert output is not None
    assert "<script>alert(1)</script>" in (output.text or "")
    assert MARKUP[:8] == "<script>"


def test_the_measurement_says_which_way_its_limits_lie() -> None:
    told = suite(demo()).findtext("testcase/system-out") or ""
    assert "VALID: loop_lag p99 3.10, at most 10 ms" in told
    assert "VALID: any_success completed 581, at least 1 stream" in told
