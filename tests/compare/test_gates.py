"""Blocks in, verdicts out."""

import numpy as np
import pytest

from harness.compare.blocks import Pair, failure_shares, log_ratios, matched
from harness.compare.gates import Measured, Rule, judge_gates, latency, overall, share
from harness.metrics.percentiles import harrell_davis

NONE = np.nan


def pairs(
    effect: float = 0.0, *, count: int = 20, streams: int = 100, noise: float = 0.02, seed: int = 1
) -> list[Pair]:
    """Shared draws in both arms, each block with noise of its own, the candidate slower by `effect`."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        base = rng.lognormal(np.log(300), 0.35, streams)
        made.append(
            Pair(base * np.exp(rng.normal(0, noise)), base * np.exp(rng.normal(0, noise)) * (1 + effect))
        )
    return made


def verdict(made: list[Pair], q: float = 0.95, rule: Rule | None = None):
    rule = rule or Rule()
    [gate] = judge_gates([latency("ttft_user p95", "ms", made, q, rule)], rule)
    return gate


def test_a_stream_that_failed_in_either_arm_is_left_out_of_both():
    pair = matched(Pair(np.array([1, NONE, 3, 4]), np.array([1, 2, NONE, 5])))
    assert pair.baseline.tolist() == [1, 4]
    assert pair.candidate.tolist() == [1, 5]


def test_without_matching_streams_each_arm_keeps_its_own():
    pair = matched(Pair(np.array([1, NONE, 3]), np.array([1, 2])))
    assert (pair.baseline.tolist(), pair.candidate.tolist()) == ([1, 3], [1, 2])


def test_a_pairs_difference_is_the_log_of_its_quantiles_ratio():
    [pair] = pairs(0.1, count=1)
    expected = np.log(
        harrell_davis(np.sort(pair.candidate), 0.95) / harrell_davis(np.sort(pair.baseline), 0.95)
    )
    assert log_ratios([pair], 0.95) == pytest.approx([expected])


def test_a_block_of_ten_streams_has_no_quantile():
    assert len(log_ratios(pairs(count=3, streams=10), 0.95)) == 0


def test_equal_arms_pass():
    gate = verdict(pairs())
    assert (gate.state, gate.pairs_needed) == ("PASS", None)
    assert gate.low < 0 < gate.high  # type: ignore[operator]


def test_ten_per_cent_fail_with_their_size():
    gate = verdict(pairs(0.10))
    assert gate.state == "FAIL"
    assert gate.effect == pytest.approx(0.10, abs=0.03)
    assert gate.p_adjusted < 0.01


def test_a_significant_five_per_cent_fails_although_it_is_below_the_limit():
    assert verdict(pairs(0.05, noise=0.005)).state == "FAIL"


def test_two_per_cent_never_fail_and_ten_per_cent_faster_passes():
    assert verdict(pairs(0.02, noise=0.001)).state == "PASS"
    assert verdict(pairs(-0.10)).state == "PASS"


def test_with_the_margin_as_null_four_per_cent_are_not_proof_enough():
    noisy = pairs(0.045, noise=0.03, seed=3)
    assert verdict(noisy).state == "FAIL"
    assert verdict(noisy, rule=Rule(null="margin")).state != "FAIL"


def test_too_much_noise_is_inconclusive_and_says_how_many_pairs_it_takes():
    gate = verdict(pairs(noise=0.3))
    assert gate.state == "INCONCLUSIVE"
    assert gate.pairs_needed is not None
    assert gate.pairs_needed > 20
    assert gate.mde is not None
    assert gate.mde > 0.1


@pytest.mark.parametrize("made", [[], pairs(count=4), pairs(streams=5)], ids=["none", "four", "tiny blocks"])
def test_too_few_are_inconclusive_never_a_pass(made: list[Pair]):
    gate = verdict(made)
    assert gate.state == "INCONCLUSIVE"
    assert gate.pairs_needed == 5
    assert "fewer than 5 pairs" in gate.why


def failing(made: list[Pair], arm: str, share_: float) -> list[Pair]:
    changed = []
    for pair in made:
        values = {"baseline": pair.baseline.copy(), "candidate": pair.candidate.copy()}
        values[arm][: round(share_ * len(pair.baseline))] = NONE
        changed.append(Pair(**values))
    return changed


def test_the_slow_ones_cannot_hide_by_failing():
    gate = verdict(failing(pairs(-0.2), "candidate", 0.06))
    assert gate.state == "FAIL"
    assert "6.0% of the candidate's streams" in gate.why
    both = failing(failing(pairs(), "candidate", 0.06), "baseline", 0.06)
    assert verdict(both).state == "INCONCLUSIVE"


def test_failures_below_the_tail_take_no_power():
    assert verdict(failing(pairs(0.10), "candidate", 0.02)).state == "FAIL"
    assert failure_shares(failing(pairs(), "candidate", 0.02)) == (0.0, pytest.approx(0.02))


def shares(rise: float, seed: int = 3):
    rng = np.random.default_rng(seed)
    base = rng.binomial(100, 0.005, 20) / 100
    cand = rng.binomial(100, 0.005 + rise, 20) / 100
    [gate] = judge_gates([share("failure_share", base, cand, rng, Rule())], Rule())
    return gate


def test_failures_from_half_a_per_cent_to_two_and_a_half():
    assert shares(0.02).state == "FAIL"
    assert shares(0.0).state in ("PASS", "INCONCLUSIVE")


def test_no_failures_at_all_pass():
    [gate] = judge_gates([share("x", np.zeros(20), np.zeros(20), np.random.default_rng(1), Rule())], Rule())
    assert (gate.state, gate.effect, gate.high) == ("PASS", 0.0, 0.0)


def test_blocks_without_a_share_do_not_count():
    base = np.full(20, NONE)
    [gate] = judge_gates([share("x", base, base, np.random.default_rng(1), Rule())], Rule())
    assert (gate.state, gate.pairs_needed) == ("INCONCLUSIVE", 5)


def test_four_gates_share_one_risk():
    rule = Rule()
    gates = [Measured(name=str(n), unit="ms", kind="ratio", effect=0.1, low=0.0, high=0.2, p=p, pairs=20)
             for n, p in enumerate((0.004, 0.5, 0.5, 0.5))]  # fmt: skip
    assert judge_gates(gates, rule)[0].state == "INCONCLUSIVE"
    assert judge_gates(gates[:1], rule)[0].state == "FAIL"
    with pytest.raises(ValueError, match="at most 4"):
        judge_gates([*gates, gates[0]], rule)


def test_an_invalid_measurement_decides_nothing():
    [gate] = judge_gates([latency("x", "ms", pairs(0.5), 0.95, Rule())], Rule(), invalid="loop lag")
    assert (gate.state, gate.why) == ("INVALID", "loop lag")


def test_the_worst_gate_speaks_for_all():
    def of(*effects: float):
        rule = Rule()
        return overall(judge_gates([latency(str(e), "ms", pairs(e, noise=0.3 if e == 9 else 0.02), 0.5, rule)
                                    for e in effects], rule))  # fmt: skip

    assert of(0.0, 0.0) == "PASS"
    assert of(0.0, 0.2) == "FAIL"
    assert overall([]) == "INCONCLUSIVE"


@pytest.mark.parametrize("wrong", [{"alpha": 0}, {"min_effect": 0.2}, {"tolerance": 0}])
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match="alpha is above 0"):
        Rule(**wrong)  # type: ignore[arg-type]
