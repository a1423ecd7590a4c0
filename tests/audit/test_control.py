"""How long tokens are under way without any system in between."""

import pytest

from harness.audit.control import _hold_ms, _holds
from harness.stack.errors import StackError
from tests.checks.audit.scenes import heard, question


def test_a_tokens_way_is_counted_from_its_emission_to_its_arrival() -> None:
    asked = question(tokens=5, tokens_per_chunk=2)
    found = heard(asked, path=lambda leaving, sizes: [at + 3 for at in leaving])
    assert _holds(found) == pytest.approx([3] * 5, abs=0.01)
    assert _hold_ms([found], "http://m") == pytest.approx(3, abs=0.01)


def test_the_floor_is_never_nothing() -> None:
    assert _hold_ms([heard(question())], "http://m") == 0.1


def test_a_mock_that_does_not_stream_to_us_is_named() -> None:
    broken = heard(question(), [], status=503, ledger=[])
    with pytest.raises(StackError, match="the mock provider at http://m does not stream to us"):
        _hold_ms([broken], "http://m")
