import dataclasses

import msgspec
import pytest

from harness.metrics.join import join
from harness.metrics.timeseries import timeseries
from harness.record import Outcome
from harness.summary import TimeSeries
from tests.sample import sample_scene
from tests.synthetic import Scene, plan

SHORT = [{"name": "steady", "duration_s": 5.0, "load": {"users": 1}}]


def series(scene):
    return timeseries(join(scene.run()))


def test_every_list_has_the_length_of_the_axis():
    found = msgspec.structs.asdict(series(sample_scene()))
    outcomes, heat = found.pop("outcomes"), found.pop("gaps")
    assert len(heat.counts) == len(found["t_s"])
    assert {len(values) for values in [*found.values(), *outcomes.values()]} == {len(found["t_s"])}
    assert found["t_s"][0] == 0.0


def test_a_stream_is_counted_where_it_was_wanted_and_where_it_ended():
    scene = Scene(plan(phases=SHORT))
    scene.stream(1, 1.9, ttft_ms=500.0, gaps_ms=1000.0, tokens=2)
    found = series(scene)
    assert found.intended == [0, 1, 0, 0, 0]
    assert found.outcomes == {"completed": [0, 0, 0, 1, 0]}
    assert found.tokens_delivered == [0, 0, 1, 1, 0]
    assert found.tokens_emitted is None
    assert found.provider_in_flight is None


def test_streams_in_flight_are_integrated_and_wait_until_their_first_content():
    scene = Scene(plan(phases=SHORT))
    scene.stream(1, 1.0 - 0.001, ttft_ms=500.0, gaps_ms=1000.0, tokens=2, close_after_ms=500.0)  # 1 s to 3 s
    found = series(scene)
    assert found.in_flight == pytest.approx([0, 1, 1, 0, 0])
    assert found.waiting == pytest.approx([0, 0.5, 0, 0, 0])


def test_a_stream_is_stalled_from_the_second_second_of_a_silence_on():
    scene = Scene(plan(phases=SHORT))
    scene.stream(1, 0.999, ttft_ms=500.0, gaps_ms=[2000.0], tokens=2)  # silent 1.5 s to 3.5 s
    assert series(scene).stalled == pytest.approx([0, 0, 0.5, 0.5, 0])


def test_an_open_silence_is_a_stall_as_well():
    scene = Scene(plan(phases=SHORT))
    scene.stream(1, 0.999, ttft_ms=500.0, tokens=1, outcome=Outcome.STALLED, close_after_ms=3000.0)
    assert series(scene).stalled == pytest.approx([0, 0, 0.5, 1, 0.5])


def test_a_window_s_percentiles_need_a_handful_of_values():
    scene = Scene(plan(phases=SHORT))
    for stream in range(10):
        scene.stream(stream, 1.0, ttft_ms=100.0 + 10 * stream, tokens=1)
    scene.stream(10, 3.0, tokens=1)
    found = series(scene)
    assert found.ttft_p50 == [None, 141.0, None, None, None]
    assert found.ttft_p95 == [None, 191.0, None, None, None]


def test_the_provider_s_side_has_its_own_line():
    scene = Scene(plan(phases=SHORT))
    scene.served(scene.stream(1, 1.0, tokens=3))
    found = series(scene)
    assert found.tokens_emitted == [0, 3, 0, 0, 0]
    assert found.provider_in_flight is not None
    assert 0.2 < found.provider_in_flight[1] < 0.3


def test_loop_lag_is_that_of_the_worst_load_process():
    scene = Scene(plan(phases=SHORT))
    scene.stream(1, 1.0)
    scene.seconds_of_host(5, "load-0", loop_lag_p99_ms=1.0)
    scene.seconds_of_host(3, "load-1", loop_lag_p99_ms=4.0)
    scene.seconds_of_host(5, "mock-0", loop_lag_p99_ms=50.0)
    assert series(scene).loop_lag_ms == [4.0, 4.0, 4.0, 1.0, 1.0]


def test_a_run_that_never_began_has_no_axis():
    run = dataclasses.replace(Scene(plan(phases=SHORT)).run(), timeline=[])
    assert timeseries(join(run)) == TimeSeries()
