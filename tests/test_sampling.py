"""A run too large for memory is judged by a sample where arrays are needed, and says so."""

import numpy as np
import pandas as pd
import pytest

from harness import run_folder, sampling
from harness.judge import judge
from harness.run_folder import collect_parts, read_run
from harness.sampling import drawn, values_of
from tests.sample import sample_scene
from tests.test_run_folder import written


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = written(sample_scene(), tmp_path_factory.mktemp("runs") / "run")
    collect_parts(found)
    return found


@pytest.fixture(scope="module")
def whole(folder):
    return judge(read_run(folder.root))


@pytest.fixture
def half(folder, monkeypatch):
    reads = values_of(folder.table("streams"), "read_us")
    monkeypatch.setattr(run_folder, "MOST_READS", reads // 2)
    return read_run(folder.root)


def test_the_file_itself_tells_how_many_reads_it_holds(folder):
    streams = read_run(folder.root).streams
    assert values_of(folder.table("streams"), "read_us") == pytest.approx(
        streams["read_us"].map(len).sum(), rel=0.01
    )


def test_ids_are_drawn_evenly_and_always_the_same():
    ids = pd.Series(np.arange(100_000), dtype="Int64")
    flags = drawn(ids, 0.3)
    assert flags.mean() == pytest.approx(0.3, abs=0.002)
    assert (flags == drawn(ids, 0.3)).all()
    assert flags[drawn(ids, 0.1)].all()


def test_a_run_that_fits_is_read_whole(folder):
    run = read_run(folder.root)
    assert run.sample_share == 1.0
    assert "sampled" not in run.streams


def test_both_ends_of_a_stream_are_kept_or_left_out_together(half):
    kept = {
        name: set(table.loc[table["sampled"], "stream"])
        for name, table in (("s", half.streams), ("l", half.ledger))
    }
    assert kept["s"] == kept["l"]
    assert 0.4 < len(kept["s"]) / half.streams["stream"].nunique() < 0.6
    assert half.streams.loc[~half.streams["sampled"], "read_us"].map(len).sum() == 0


def test_counts_and_first_tokens_are_those_of_every_stream(whole, half):
    sampled = judge(half)
    assert sampled.streams == whole.streams
    assert sampled.metrics["ttft_user"] == whole.metrics["ttft_user"]
    assert [check.state for check in sampled.checks] == [check.state for check in whole.checks]
    assert sampled.two_sided.wasted_tokens == whole.two_sided.wasted_tokens
    assert sampled.two_sided.tokens_received == whole.two_sided.tokens_received


def test_what_is_sampled_is_close_and_is_said(whole, half):
    sampled = judge(half)
    assert sampled.metrics["gap"].n < 0.6 * whole.metrics["gap"].n
    assert sampled.metrics["gap"].all["p50"][0] == pytest.approx(whole.metrics["gap"].all["p50"][0], rel=0.05)
    for name in ("tokens_delivered", "tokens_emitted"):
        counts = sum(getattr(sampled.timeseries, name)), sum(getattr(whole.timeseries, name))
        assert counts[0] == pytest.approx(counts[1], rel=0.1)
    assert not any("attempts (" in note for note in whole.run.notes)
    assert any("drawn by stream id" in note for note in sampled.run.notes)


def test_small_batches_give_the_same_rows(folder, half, monkeypatch):
    monkeypatch.setattr(sampling, "_ROWS_AT_ONCE", 7)
    again = read_run(folder.root)
    assert [list(cell) for cell in again.streams["read_us"]] == [
        list(cell) for cell in half.streams["read_us"]
    ]
