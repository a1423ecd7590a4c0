"""Annotations: one a failure, never more than GitHub shows."""

import msgspec

from harness.summary import CheckResult, State, Summary
from reports.formats.github_annotations import render
from tests.reports.examples import demo, failing


def many(state: State, count: int) -> Summary:
    checks = [
        CheckResult(id=f"c{place}", phase="p", state=state, promise="p", evidence="e")
        for place in range(count)
    ]
    return msgspec.structs.replace(demo(), checks=checks)


def commands(summary: Summary, level: str) -> list[str]:
    return [line for line in render(summary).splitlines() if line.startswith(f"::{level} ")]


def test_failures_are_errors_doubts_are_warnings_and_the_verdict_is_a_notice() -> None:
    assert render(failing()).splitlines() == [
        "::error title=FAIL loses_no_tokens in mobile network::57 of 27,150 tokens never arrived although "
        "later ones did.%0Afix: Flush after every event; keep the buffer when a client's socket is slow.",
        "::warning title=INCONCLUSIVE slo in mobile network::164 streams are too few for p99.%0Afix: Let the "
        "phase last 80 s.",
        "::notice title=Streamproof ✕ FAIL::One of 15 promises was broken: tokens were lost while phones "
        "changed networks.",
    ]


def test_a_run_without_failures_has_only_its_verdict() -> None:
    assert [line.split(" ")[0] for line in render(demo()).splitlines()] == ["::notice"]


def test_ten_failures_are_shown_one_by_one() -> None:
    assert len(commands(many("FAIL", 10), "error")) == 10
    assert "c9" in commands(many("FAIL", 10), "error")[-1]


def test_thirty_failures_become_nine_and_a_count() -> None:
    shown = commands(many("FAIL", 30), "error")
    assert len(shown) == 10
    assert shown[-1].startswith("::error title=and 21 more checks::c9, c10")
    assert len(commands(many("INCONCLUSIVE", 30), "warning")) == 10


def test_texts_cannot_end_their_command_or_begin_another() -> None:
    check = CheckResult(id="a,b::c", phase="", state="FAIL", promise="p", evidence="100 %\r\n::error::x")
    line = commands(msgspec.structs.replace(demo(), checks=[check]), "error")
    assert line == ["::error title=FAIL a%2Cb%3A%3Ac::100 %25␍%0A::error::x"]
