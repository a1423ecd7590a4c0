"""Annotations of an audit: a promise each, worst first, and the verdict last."""

from reports.scorecard.annotations import render
from tests.reports.scorecard.examples import broken, hostile, huge, kept


def test_a_broken_promise_is_an_error_with_its_group_and_its_fix() -> None:
    lines = render(broken()).splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert errors[0].startswith("::error title=FAIL ")
    assert all(" in " in line.split("::")[1] for line in errors)
    assert any("%0Afix: " in line for line in errors)
    assert lines[-1].startswith("::notice title=Streamproof ✕ FAIL::")


def test_an_audit_without_faults_has_only_its_verdict() -> None:
    assert render(kept()).splitlines() == [
        f"::notice title=Streamproof ✓ PASS::{kept().headline}".replace("%", "%25")
    ]


def test_what_a_system_said_cannot_begin_a_command_of_its_own() -> None:
    for card in (hostile(), huge()):
        assert all(line.startswith("::") for line in render(card).splitlines())
        assert sum(line.startswith("::error ") for line in render(card).splitlines()) <= 10
