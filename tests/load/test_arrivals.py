"""The schedule is a function of the plan and the seed: its law, its rate, its shares."""

import numpy as np
import pytest

from harness.clock import SECOND
from harness.load.arrivals import read_trace, schedule
from harness.plan.draws import generator
from harness.plan.phases import Load


def offsets_s(load: Load, duration_s: float = 1000.0, seed: int = 7) -> np.ndarray:
    return schedule(load, duration_s, generator(seed)) / SECOND


def test_constant_arrivals_have_equal_gaps_and_end_with_the_phase():
    assert offsets_s(Load(rate=4.0, arrivals="constant"), 1.0).tolist() == [0.0, 0.25, 0.5, 0.75]
    assert len(offsets_s(Load(rate=0.1, arrivals="constant"), 5.0)) == 1


@pytest.mark.parametrize(
    ("law", "cv", "expected"),
    [("poisson", 1.0, 1.0), ("gamma", 0.5, 0.5), ("gamma", 2.0, 2.0), ("gamma", 1.0, 1.0)],
)
def test_random_arrivals_keep_the_rate_and_spread_their_gaps_as_told(law, cv, expected):
    offsets = offsets_s(Load(rate=20.0, arrivals=law, cv=cv))
    gaps = np.diff(offsets)
    assert len(offsets) == pytest.approx(20_000, rel=0.05)
    assert gaps.std() / gaps.mean() == pytest.approx(expected, rel=0.06)
    assert (gaps >= 0).all()
    assert 0 <= offsets[0] <= offsets[-1] < 1000


def test_poisson_is_the_exponential_law_not_only_its_spread():
    gaps = np.diff(offsets_s(Load(rate=20.0)))
    assert (gaps > 0.05).mean() == pytest.approx(np.exp(-1), abs=0.02)
    assert (gaps > 0.15).mean() == pytest.approx(np.exp(-3), abs=0.01)


def test_the_seed_decides_and_nothing_else():
    load = Load(rate=5.0)
    assert offsets_s(load).tolist() == offsets_s(load).tolist()
    assert offsets_s(load).tolist() != offsets_s(load, seed=8).tolist()


def test_offsets_are_whole_nanoseconds():
    assert schedule(Load(rate=3.0), 10.0, generator(7)).dtype == np.int64


def test_a_trace_is_taken_as_it_is_within_the_phase(tmp_path):
    file = tmp_path / "trace.txt"
    file.write_text("# seconds\n0.5\n\n0.25  # early\n9\n-1\n0.5\n")
    found = schedule(Load(trace=str(file)), 5.0, generator(7), read_trace(file))
    assert found.tolist() == [250_000_000, 500_000_000, 500_000_000]


@pytest.mark.parametrize("line", ["soon", "1,5", "nan", "inf"])
def test_a_bad_line_of_a_trace_is_named(tmp_path, line):
    file = tmp_path / "trace.txt"
    file.write_text(f"0.5\n{line}\n")
    with pytest.raises(ValueError, match=r"trace\.txt:2: .* is not a time in seconds"):
        read_trace(file)
