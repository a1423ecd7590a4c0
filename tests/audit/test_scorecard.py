"""Findings -> scores, one verdict and an exit code."""

from typing import Any

import pytest

from harness.audit.scorecard import Found, scorecard
from harness.checks.audit.check import Check, Finding
from harness.scorecard import AuditInfo, Scorecard
from harness.summary import State


def info(**changes: Any) -> AuditInfo:
    fields = {"id": "a", "started_utc": "", "duration_s": 9.0, "target": "http://t", "dialect": "generic"}
    return AuditInfo(**(fields | changes))


def found(id: str, state: State, group: Any = "integrity", weight: int = 1, **more: Any) -> Found:
    check = Check(
        id=id, group=group, promise="p", how="h", fix="usual fix", weight=weight,
        ask=lambda terms: [], judge=lambda heard, terms: Finding(state="PASS", evidence=""),
    )  # fmt: skip
    return Found(check, Finding(state=state, evidence="e", **more))


def card(*states: State, **changes: Any) -> Scorecard:
    return scorecard(info(**changes), [found(f"c{n}", state) for n, state in enumerate(states)])


def test_a_score_is_the_weighted_share_of_promises_kept_among_those_judged() -> None:
    made = scorecard(
        info(),
        [
            found("a", "PASS", weight=3),
            found("b", "FAIL", weight=1),
            found("c", "NOT MEASURED", weight=9),
            found("d", "INCONCLUSIVE", weight=9),
        ],
    )
    (group,) = made.groups
    assert (group.score, made.score) == (75, 75)
    assert (group.passed, group.failed, group.inconclusive, group.not_measured) == (1, 1, 1, 1)


def test_a_hundred_is_only_for_those_who_broke_nothing_and_nought_for_those_who_kept_nothing() -> None:
    mostly = [found("a", "PASS", weight=999), found("b", "FAIL")]
    hardly = [found("a", "FAIL", weight=999), found("b", "PASS")]
    assert [scorecard(info(), each).score for each in (mostly, hardly)] == [99, 1]
    assert [card("PASS").score, card("FAIL").score, card("NOT MEASURED").score] == [100, 0, None]


@pytest.mark.parametrize(
    ("states", "state", "code"),
    [
        (["PASS", "NOT MEASURED"], "PASS", 0),
        (["PASS", "FAIL"], "FAIL", 1),
        (["PASS", "FAIL", "INVALID"], "INVALID", 2),
        (["PASS", "INCONCLUSIVE"], "INCONCLUSIVE", 3),
        (["FAIL", "INCONCLUSIVE"], "FAIL", 1),
        (["NOT MEASURED"], "NOT MEASURED", 3),
        ([], "NOT MEASURED", 3),
    ],
)
def test_the_verdict_is_the_gravest_finding(states: list[State], state: State, code: int) -> None:
    made = card(*states)
    assert (made.state, made.exit_code) == (state, code)


def test_half_an_audit_shows_no_absence_of_faults_and_ends_with_four() -> None:
    assert (card("PASS", interrupted=True).state, card("FAIL", interrupted=True).state) == (
        "INCONCLUSIVE",
        "FAIL",
    )
    assert card("PASS", interrupted=True).exit_code == 4
    assert card("PASS", "FAIL", interrupted=True).headline.startswith("Interrupted after 9 s: 2 of 2")


def test_a_group_that_an_interruption_left_half_asked_is_no_pass() -> None:
    asked = [found("a", "PASS"), found("b", "NOT MEASURED"), found("c", "PASS", group="limits")]
    states = [
        [group.state for group in scorecard(info(interrupted=interrupted), asked).groups]
        for interrupted in (True, False)
    ]
    assert states == [["INCONCLUSIVE", "PASS"], ["PASS", "PASS"]]


def test_an_invalid_finding_makes_its_group_unreliable_and_no_other() -> None:
    made = scorecard(info(), [found("a", "INVALID"), found("b", "PASS"), found("c", "PASS", group="limits")])
    assert [(group.group, group.reliable, group.state) for group in made.groups] == [
        ("integrity", False, "INVALID"),
        ("limits", True, "PASS"),
    ]


def test_promises_stand_in_the_order_of_their_groups() -> None:
    made = scorecard(info(), [found("b", "PASS", group="limits"), found("z", "PASS"), found("a", "PASS")])
    assert [promise.id for promise in made.promises] == ["a", "z", "b"]


def test_a_broken_promise_has_a_fix_the_findings_own_if_it_is_more_exact() -> None:
    made = scorecard(info(), [found("a", "FAIL"), found("b", "FAIL", fix="this one"), found("c", "PASS")])
    assert [promise.fix for promise in made.promises] == ["usual fix", "this one", ""]


def test_the_headline_names_what_is_broken() -> None:
    assert card("PASS", "PASS").headline == "The system keeps all 2 promises that could be judged."
    made = card("FAIL", "FAIL", "FAIL", "FAIL", "PASS")
    assert made.headline == "The system breaks 4 of 5 promises: c0, c1, c2 and 1 more."
