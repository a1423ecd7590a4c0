"""No system is blamed for what our own lateness explains."""

import pytest

from harness.audit.lag import vouch
from harness.checks.audit.check import Finding, Heard, Question
from harness.record import LedgerRow, StreamRecord
from harness.summary import Number, State


def heard(late_us: int) -> list[Heard]:
    row = LedgerRow(request="r", received_ns=0, lateness_max_us=late_us)
    return [Heard(question=Question(name="q"), record=StreamRecord(stream=1, intended_ns=0), ledger=[row])]


def state(
    value: Number, limit: Number, unit: str, own_ms: float, mock_ms: float, was: State = "FAIL"
) -> State:
    finding = Finding(state=was, evidence="Late.", value=value, limit=limit, unit=unit)
    return vouch(finding, heard(int(mock_ms * 1000)), own_ms).state


@pytest.mark.parametrize(
    ("value", "limit", "unit", "own_ms", "mock_ms", "wanted"),
    [
        (150, 100, "ms", 49, 0, "FAIL"),
        (150, 100, "ms", 50, 0, "INVALID"),
        (150, 100, "ms", 0, 60, "INVALID"),
        (1.15, 1.0, "s", 200, 0, "INVALID"),
        (5.0, 60, "s", 200, 0, "FAIL"),
        (3, 0, "streams", 900, 900, "FAIL"),
        (None, 100, "ms", 900, 900, "FAIL"),
        ("inf", 100, "ms", 900, 900, "FAIL"),
    ],
)
def test_a_failure_counts_only_beyond_what_we_were_late(
    value: Number, limit: Number, unit: str, own_ms: float, mock_ms: float, wanted: State
) -> None:
    assert state(value, limit, unit, own_ms, mock_ms) == wanted


def test_a_promise_that_was_kept_in_spite_of_us_stays_kept() -> None:
    assert state(90, 100, "ms", 900, 900, "PASS") == "PASS"


def test_what_cannot_be_vouched_for_says_whose_fault_it_is() -> None:
    finding = Finding(state="FAIL", evidence="Late.", value=150.0, limit=100.0, unit="ms")
    assert "this machine was up to 80 ms late" in vouch(finding, heard(0), 80).evidence
    assert "the mock provider was up to 90 ms late" in vouch(finding, heard(90_000), 80).evidence
