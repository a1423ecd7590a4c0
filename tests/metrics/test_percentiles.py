import numpy as np
import pytest
from scipy.stats.mstats import hdquantiles

from harness.metrics.percentiles import floor, harrell_davis, is_thin, metric, rank_interval
from harness.metrics.samples import Samples


def samples(values, rows=None, finished=None):
    values = np.asarray(values, dtype=float)
    rows = np.arange(len(values)) if rows is None else np.asarray(rows)
    finished = np.isfinite(values) if finished is None else np.asarray(finished)
    return Samples("ms", rows, values, finished)


@pytest.mark.parametrize(
    ("p", "least"), [(0.5, 11), (0.9, 64), (0.95, 130), (0.99, 662), (0.999, 6636), (0.9999, 66381)]
)
def test_the_floor_is_the_least_n_that_puts_two_samples_beyond_the_quantile(p, least):
    assert floor(p) == least


@pytest.mark.parametrize(("name", "least"), [("p95", 130), ("p99", 662), ("p999", 6636)])
def test_a_percentile_appears_exactly_at_its_floor(name, least):
    assert metric(samples(np.arange(least - 1))).all[name] is None
    assert metric(samples(np.arange(least))).all[name] is not None


def test_six_percent_of_failures_make_p95_infinite_and_four_do_not():
    six = metric(samples([*range(188), *[np.inf] * 12]))
    four = metric(samples([*range(192), *[np.inf] * 8]))
    assert six.all["p95"][0] == "inf"
    assert four.all["p95"][0] == 189.0  # rank ceil(200 x 0.95) = 190
    assert (six.n, six.censored) == (200, 12)


def test_the_ok_series_leaves_failures_out_and_stays_finite():
    found = metric(samples([*range(188), *[np.inf] * 12]))
    assert found.ok["p50"][0] == pytest.approx(93.5)


def test_the_ok_estimate_is_that_of_scipy():
    values = np.sort(np.random.default_rng(3).lognormal(5, 0.4, 700))
    for p in (0.5, 0.9, 0.95, 0.99):
        assert harrell_davis(values, p) == pytest.approx(float(hdquantiles(values, [p])[0]), rel=1e-9)


def test_a_large_sample_is_estimated_from_the_ranks_that_matter():
    values = np.sort(np.random.default_rng(4).lognormal(5, 0.4, 200_000))
    assert harrell_davis(values, 0.999) == pytest.approx(float(np.quantile(values, 0.999)), rel=2e-3)


def test_the_rank_of_a_product_that_floats_cannot_hold_is_exact():
    assert (
        metric(samples(np.arange(140))).all["p95"][0] == 132.0
    )  # rank 133, though 140 x 0.95 > 133 in floats


def test_the_interval_is_the_one_of_the_ranks():
    low, high = rank_interval(0.95, 500)
    assert (round(low, 3), round(high, 3)) == (0.931, 0.969)


def test_an_interval_that_reaches_into_the_failures_ends_at_infinity():
    value, low, high = metric(samples([*range(192), *[np.inf] * 8])).all["p95"]
    assert low < value
    assert high == "inf"


def test_pooled_values_count_as_many_as_their_streams():
    rows = np.repeat(np.arange(100), 50)
    assert metric(samples(np.arange(5000), rows=rows)).all["p95"] is None
    rows = np.repeat(np.arange(200), 25)
    alone, pooled = metric(samples(np.arange(5000))), metric(samples(np.arange(5000), rows=rows))
    assert pooled.all["p95"][0] == alone.all["p95"][0]
    assert pooled.all["p95"][2] - pooled.all["p95"][1] > 4 * (alone.all["p95"][2] - alone.all["p95"][1])


def test_just_above_its_floor_a_percentile_is_thin():
    assert is_thin(130, 0.95)
    assert is_thin(199, 0.95)
    assert not is_thin(200, 0.95)
    assert not is_thin(129, 0.95)
    assert metric(samples(np.arange(150))).thin == ["p95"]


def test_an_open_gap_counts_as_censored_and_only_in_the_series_all():
    found = metric(samples([*[10.0] * 19, 5000.0], finished=[*[True] * 19, False]))
    assert found.censored == 1
    assert found.all["p50"][0] == found.ok["p50"][0] == 10.0
    assert found.n == 20
