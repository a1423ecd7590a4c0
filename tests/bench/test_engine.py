"""The figures of bench.engine, from runs whose answers are known."""

import numpy as np
import pytest

from bench.engine import cpu_per_event, emissions, figures, memory, plan
from harness.metrics.run_data import RunData
from tests.synthetic import MS, SECOND, Scene, at, int32s, table

OTHERS = {"env": {"others_cpu": 0.02}}


def bench_scene(streams: int = 4, seconds: int = 10, cpu: float = 0.2) -> Scene:
    """`streams` of 50 tokens/s from second 4 on, an idle process before."""
    made = Scene(plan(streams, 50.0, float(seconds), 1), facts=OTHERS)
    for number in range(streams):
        row = made.stream(number, 4.0, tokens=seconds * 50, phase="bench")
        made.served(row)
    made.seconds_of_host(4 + seconds, cpu=cpu)
    for sample in made.host:
        sample.in_flight = streams if sample.t_ns > at(4.5) else 0
    return made


def test_cpu_is_divided_by_the_tokens_emitted_at_full_load():
    # 4 streams x 50 tokens/s at 0.2 of a core: 1 ms a token.
    found = figures(bench_scene().run(), 4)
    assert found["cpu_us_per_event"] == pytest.approx(1000.0, rel=0.02)
    assert found["cpu_share"] == 0.2


def test_two_load_processes_add_up():
    host = bench_scene()
    host.seconds_of_host(14, "load-1", cpu=0.2)
    for sample in host.host[14:]:
        sample.in_flight = 4 if sample.t_ns > at(4.5) else 0
    run = host.run()
    us, share = cpu_per_event(run.host, emissions(run.ledger))
    assert us == pytest.approx(2000.0, rel=0.02)
    assert share == 0.2


def test_a_load_that_never_was_full_has_no_cost():
    run = bench_scene(seconds=1).run()
    assert np.isnan(cpu_per_event(run.host, emissions(run.ledger))[0])
    assert figures(run, 4)["cpu_us_per_event"] is None


def test_stamp_and_ttft_errors_are_those_of_the_records():
    found = figures(bench_scene().run(), 4)
    assert (found["stamp_error_p50_ms"], found["stamp_error_p99_ms"]) == (0.5, 0.5)
    assert found["ttft_error_p50_ms"] == pytest.approx(0.75, abs=0.002)
    assert found["true_ttft_p50_ms"] == pytest.approx(199.25, abs=0.002)


def test_every_token_is_accounted_for():
    made = bench_scene()
    assert figures(made.run(), 4)["tokens_lost"] == 0
    made.ledger[0].emitted_tokens += 3
    assert figures(made.run(), 4)["tokens_lost"] == 3


def test_memory_is_split_into_streams_and_reads():
    made = bench_scene(streams=4, seconds=10)
    first_read = made.streams[0].sent_ns + 200 * MS
    for sample in made.host:
        reads = 4 * max(0, (sample.t_ns - first_read) // (20 * MS) + 1) if sample.in_flight else 0
        sample.rss_mb = 100.0 + (0.08 if sample.in_flight else 0.0) + reads * 24e-6
    kb, per_read = memory(made.run(), 4)
    assert kb == pytest.approx(20.0, rel=0.05)
    assert per_read == pytest.approx(24.0, rel=0.05)


def test_too_few_seconds_give_no_memory_rather_than_a_wrong_one():
    assert np.isnan(memory(bench_scene(seconds=2).run(), 4)[0])


def test_the_verdict_is_the_run_s_own_with_every_check_that_a_phase_allows():
    made = bench_scene()
    found = figures(made.run(), 4)
    assert {"loop_lag", "cpu", "gc_pause", "dispatch_delay", "conservation"} <= set(found["trust"])
    made.host[8].loop_lag_max_ms = 300.0
    assert figures(made.run(), 4)["verdict"] == "INVALID"


def test_a_run_without_any_answer_is_figures_without_numbers_and_no_crash():
    made = Scene(plan(2, 50.0, 10.0, 1), facts=OTHERS)
    row = made.stream(0, 4.0, tokens=0, phase="bench")
    made.served(row, emitted=0, emit_us=int32s([]), emit_tokens=int32s([]), late_us=int32s([]))
    found = figures(made.run(), 2)
    assert (found["stamp_error_p50_ms"], found["read_lag_p99_ms"]) == (None, None)


def test_tables_are_read_back_as_the_bench_reads_them():
    run = bench_scene().run()
    assert isinstance(run, RunData)
    assert emissions(run.ledger).dtype == np.int64
    assert emissions(table([], "ledger")).size == 0
    assert int(emissions(run.ledger).max()) < at(15) + SECOND
