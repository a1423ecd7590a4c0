"""One step of the known-answer test, from records with known stamps."""

import numpy as np
import pytest

from harness.doctor.reading import Reading, read_step
from harness.metrics.join import join
from harness.record import Outcome
from tests.synthetic import MS, Scene, at, int32s


def step(scene: Scene, settle_s: float = 0.0) -> Reading:
    return read_step(join(scene.run()), "steady", 10, settle_s)


def scene(count: int = 10, delay_ms: float = 0.5, **stream) -> Scene:
    made = Scene()
    for number in range(count):
        row = made.stream(number, 1.0 + number * 0.1, **stream)
        made.served(row, delay_ms=delay_ms)
    made.seconds_of_host(20)
    return made


def test_the_error_of_every_stamp_is_its_distance_from_the_emission():
    found = step(scene(delay_ms=0.5))
    assert (found.stamp_error_p50_ms, found.stamp_error_p99_ms) == (0.5, 0.5)


def test_the_known_answer_compares_the_two_ttfts():
    # Sent 0.25 ms before it was received, and the first token arrived 0.5 ms after it was emitted.
    found = step(scene(delay_ms=0.5))
    assert found.ttft_n == 10
    assert found.known_answer_p50_ms == pytest.approx(0.75, abs=0.002)


def test_events_a_second_are_those_that_were_emitted_in_the_window():
    assert step(scene(10)).events_s == 10 * 10 / 20.0


def test_what_lies_in_the_settling_time_does_not_count():
    assert step(scene(10), settle_s=10.0).events_s == 0
    assert step(scene(10), settle_s=10.0).ttft_n == 0


def test_what_was_not_measured_is_no_number_and_breaks_its_limit():
    found = step(scene(10), settle_s=10.0)
    assert np.isnan(found.stamp_error_p99_ms)
    assert "stamp_error_p99_ms" in [limit.id for limit in found.broken()]


def test_a_stream_cut_by_the_end_of_the_test_is_compared_as_far_as_it_came():
    made = scene(5)
    row = made.stream(90, 2.0, outcome=Outcome.INTERRUPTED)
    made.served(row, emitted=14)
    found = step(made)
    assert found.failed == 0
    assert found.stamp_error_p99_ms == 0.5


def test_streams_that_fail_are_counted():
    made = scene(5)
    made.served(made.stream(90, 2.0, outcome=Outcome.RESET))
    assert step(made).failed == 1


def test_late_starts_show():
    made = Scene()
    for number in range(10):
        begin = 1.0 + number * 0.1
        made.whole(number, begin, dispatched_ns=at(begin) + 40 * MS)
    found = step(made)
    assert (found.dispatch_delay_p50_ms, found.dispatch_delay_p99_ms) == (40.0, 40.0)


def test_reads_of_several_events_count_as_merged_only_if_they_waited_for_us():
    stamps = {
        "tokens": 10, "read_us": int32s([200_000, 220_000, 240_000, 260_000]), "read_bytes": int32s([60] * 4),
        "read_events": int32s([1, 1, 1, 7]), "read_tokens": int32s([1, 1, 1, 7]),
    }  # fmt: skip
    assert step(scene(read_lag_us=int32s([10, 10, 10, 120_000]), **stamps)).merged_stamps == 0.25
    assert step(scene(read_lag_us=int32s([10, 10, 10, 50]), **stamps)).merged_stamps == 0.0


def test_the_worst_load_process_and_second_decide():
    made = scene()
    made.seconds_of_host(20, "load-1", cpu=0.95, loop_lag_p99_ms=30.0)
    made.seconds_of_host(20, "mock-0", cpu=0.99)
    found = step(made)
    assert (found.cpu, found.loop_lag_p99_ms) == (0.95, 30.0)


def test_a_second_that_lies_mostly_before_the_window_does_not_count():
    made = scene()
    made.host[0].cpu = 0.99
    assert step(made).cpu == 0.99
    assert step(made, settle_s=1.0).cpu == 0.3


def test_the_emitter_s_own_lateness_is_told_apart():
    made = Scene()
    for number in range(10):
        made.served(made.stream(number, 1.0), late_us=int32s([30_000] * 10))
    made.seconds_of_host(20)
    assert [limit.id for limit in step(made).broken()] == ["emitter_late_p99_ms"]
