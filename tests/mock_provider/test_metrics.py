import numpy as np

from harness.record import LedgerRow
from mock_provider.metrics import Counters


def late(*ms: float) -> bytes:
    return (np.array(ms) * 1000).astype("<i4").tobytes()


def test_rows_are_counted_by_what_became_of_them() -> None:
    counters = Counters("mock-0")
    counters.add(LedgerRow(request="1", received_ns=0, ended_by="provider", emitted_tokens=5))
    counters.add(
        LedgerRow(request="2", received_ns=0, ended_by="fault", fault="s6@20:30", status=200, wasted_tokens=3)
    )
    text = counters.text(4)
    assert 'mock_attempts_total{worker="mock-0",ended_by="fault"} 1' in text
    assert 'mock_faults_total{worker="mock-0",fault="s6"} 1' in text
    assert 'mock_responses_total{worker="mock-0",status="200"} 2' in text
    assert 'mock_tokens_total{worker="mock-0"} 5' in text
    assert 'mock_wasted_tokens_total{worker="mock-0"} 3' in text
    assert 'mock_open_attempts{worker="mock-0"} 4' in text


def test_every_emission_is_in_the_histogram_however_late() -> None:
    counters = Counters("w")
    counters.add(LedgerRow(request="1", received_ns=0, late_us=late(0.5, 1, 1.5, 9, 99_999)))
    text = counters.text(0)
    assert 'mock_pacing_lateness_ms_bucket{worker="w",le="1"} 2' in text
    assert 'mock_pacing_lateness_ms_bucket{worker="w",le="10"} 4' in text
    assert 'mock_pacing_lateness_ms_bucket{worker="w",le="+Inf"} 5' in text
    assert 'mock_pacing_lateness_ms_count{worker="w"} 5' in text


def test_a_percentile_is_the_bound_of_its_bucket() -> None:
    counters = Counters("w")
    assert counters.lateness_ms(0.99) == 0
    counters.add(LedgerRow(request="1", received_ns=0, late_us=late(*[0.5] * 99, 30)))
    assert counters.lateness_ms(0.5) == 1
    assert counters.lateness_ms(0.995) == 50
    counters.add(LedgerRow(request="2", received_ns=0, late_us=late(*[99_999] * 100)))
    assert counters.lateness_ms(0.99) == float("inf")
