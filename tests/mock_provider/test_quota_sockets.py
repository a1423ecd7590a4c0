"""Quotas over real sockets: the short form of `python -m bench.mock --quota`, which presses for a minute.

Everything is judged by the clock of the provider's ledger; a busy machine only makes fewer questions.
"""

import pytest

from bench.mock_quota import TOLERANCE, quota

pytestmark = pytest.mark.slow


def test_pressure_gets_the_quota_and_whoever_obeys_is_never_refused_twice() -> None:
    figures = quota(12)
    for model in ("requests", "tokens"):
        found = figures[model]
        assert found["asked"] > 1.5 * found["accepted"], f"no pressure on {model}"
        assert found["ratio"] == pytest.approx(1, abs=TOLERANCE)
    assert figures["obedient"]["refused"] > 10
    assert figures["obedient"]["refused_twice_in_a_row"] == 0
    assert figures["kept"]
