"""The gate's figures, with fewer comparisons than the bench makes."""

import numpy as np

from bench import gate
from harness.compare.design import LOOK_ALPHA
from harness.compare.gates import Rule


def test_the_gate_keeps_its_promises_in_virtual_time():
    figures = gate.measure(gate.lognormal, runs=60, changes=20, periods=(4, 6))
    assert figures["false_alarm_rate"] <= 3 / 60  # type: ignore[operator]
    assert figures["found_rate"] >= 0.95  # type: ignore[operator]
    assert figures["extended_false_alarms"] <= 3  # type: ignore[operator]
    assert figures["extended_found"] == 20
    assert figures["two_per_cent_failed"] <= 6  # type: ignore[operator]
    assert figures["margin_two_per_cent_failed"] <= 1  # type: ignore[operator]
    drifting = figures["false_alarms_under_sine_by_period"]
    assert isinstance(drifting, dict)
    assert max(drifting.values()) <= 4
    assert figures["false_alarms_of_fixed_order_at_period_4"] > 12, "the drift must bite a fixed order"  # type: ignore[operator]


def test_an_extension_neither_cries_wolf_nor_leaves_much_open():
    single, extended = (
        gate.Design(gate.lognormal, gate.heavy, rule=Rule(alpha=LOOK_ALPHA), extend=extend)
        for extend in (False, True)
    )
    once, twice = ([gate.compare(one, 0.05, seed) for seed in range(80)] for one in (single, extended))
    assert twice.count("INCONCLUSIVE") < once.count("INCONCLUSIVE")
    assert twice.count("FAIL") > once.count("FAIL")
    assert gate.fails(extended, 0.0, 100) <= 3


def test_draws_and_drifts_are_what_they_say():
    rng = np.random.default_rng(1)
    values = gate.lognormal(rng, 20_000)
    assert 295 < np.median(values) < 315
    wild = gate.heavy(rng, 4000)
    assert 0.02 < np.mean(wild > 1.3) < 0.08
    wave = gate.sine(4)(rng, 400)
    assert np.allclose(wave[::4].mean(), wave[4::4].mean(), rtol=0.01)
    assert abs(wave[::4].mean() - wave[2::4].mean()) > 0.001
