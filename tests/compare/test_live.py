"""From a plan to blocks, and from blocks to a verdict."""

import msgspec
import numpy as np
import pytest

from harness.compare.design import LOOK_ALPHA, Design, arrivals, extension, phase_name, prompts, scaled
from harness.compare.gates import Rule
from harness.compare.live import (
    FirstHalf,
    LiveBlocks,
    check_gates,
    compare_blocks,
    read_design,
    without_ledger,
)
from harness.compare.order import Arm
from harness.compare.result import summarise
from harness.judge import judge
from harness.metrics.join import Joined
from harness.plan.draws import (
    Const,
    Draw,
    Empirical,
    Exponential,
    LogNormal,
    Normal,
    Quantiles,
    Uniform,
    generator,
    sample_many,
)
from harness.plan.reader import PlanError
from harness.summary import Comparison
from tests.compare.blocks_run import DESIGN, blocks, plan_of
from tests.synthetic import plan


def test_a_pair_is_two_phases_with_the_same_arrivals_and_draws():
    made = plan_of()
    names = [phase.name for phase in made.phases]
    assert names[:2] == ["warm baseline", "warm candidate"]
    assert set(names[2:4]) == {"pair 00 baseline", "pair 00 candidate"}
    assert len(names) == 2 + 2 * DESIGN.pairs
    first, second = made.phases[2:4]
    assert first.load == second.load
    assert first.model == second.model == "mock-chat+pace=7001:32"
    assert {phase.kind for phase in made.phases[:2]} == {"warm_up"}
    assert (made.workers, made.target.url) == (1, DESIGN.baseline)


def test_arrivals_and_prompts_depend_on_the_seed_alone():
    assert arrivals(DESIGN, 3).tolist() == arrivals(DESIGN, 3).tolist() != arrivals(DESIGN, 4).tolist()
    assert len(arrivals(DESIGN, 3)) == DESIGN.block
    assert prompts(DESIGN, ["a", "b"]) == prompts(DESIGN, ["a", "b"])
    assert set(prompts(DESIGN, ["a", "b"])) == {"a", "b"}


def test_the_control_asks_a_slower_model_of_the_same_mock():
    made = plan_of(msgspec.structs.replace(DESIGN, slower=0.1))
    asked = {phase.name.rpartition(" ")[2]: (phase.model or "").partition("+")[0] for phase in made.phases}
    assert asked == {"baseline": "mock-chat", "candidate": "mock-chat-slower"}
    assert made.provider is not None
    assert made.provider.models["mock-chat-slower"].ttft_ms == LogNormal(mean=200 * 1.1, cv=0.3)


def test_with_a_provider_of_its_own_the_model_keeps_its_name():
    made = plan_of(base=plan(provider=None, target={"model": "theirs"}))
    assert {phase.model for phase in made.phases} == {"theirs"}


def test_a_model_with_settings_is_refused():
    with pytest.raises(PlanError, match="settings behind the"):
        plan_of(base=plan(target={"model": "mock-chat+ttft=5"}))


@pytest.mark.parametrize(
    "draw",
    [
        100.0,
        Const(value=100),
        Uniform(low=50, high=150),
        Normal(mean=100, sd=10),
        LogNormal(mean=100, cv=0.3, cap=150),
        LogNormal(median=100, sigma=0.3),
        Exponential(mean=100),
        Quantiles(p50=100, p90=150, p99=200),
        Empirical(values=[90.0, 110.0]),
    ],
    ids=lambda draw: type(draw).__name__,
)
def test_a_scaled_draw_gives_the_same_values_times_the_factor(draw: Draw):
    plain, larger = (sample_many(d, 50, generator(3)) for d in (draw, scaled(draw, 1.1)))
    assert larger == pytest.approx(plain * 1.1)


def test_a_file_of_samples_must_have_been_read():
    with pytest.raises(ValueError, match=r"x\.txt have not been read"):
        scaled(Empirical(file="x.txt"), 2)


@pytest.mark.parametrize(
    "wrong", [{"pairs": 4}, {"streams": 10}, {"rate": 0}, {"gates": []}, {"gates": ["a", "b", "c", "d", "e"]}]
)
def test_a_design_that_cannot_tell_anything_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValueError, match=r"needs|must|gates"):
        Design(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("gate", ["ttft_user", "nonsense p95", "stall_ratio p0", "ttft_user pxx", "nothing"])
def test_a_gate_must_be_a_metric(gate: str):
    with pytest.raises(PlanError, match="write a metric"):
        check_gates([gate])
    check_gates(["ttft_user p95", "stall_ratio", "failure_share"])


def test_values_stand_at_their_place_in_the_block():
    found = LiveBlocks(blocks(), DESIGN)
    base, cand = (found.values("ttft_user", 2, arm) for arm in ("baseline", "candidate"))  # type: ignore[arg-type]
    assert len(base) == DESIGN.streams
    ratios = cand / base
    assert ratios == pytest.approx(np.full(DESIGN.streams, ratios[0]), rel=1e-3)
    assert found.flags(2, "baseline").sum() == DESIGN.streams


def gate_states(**scene: object) -> dict[str, str]:
    return {gate.metric: gate.state for gate in compare_blocks(blocks(**scene), DESIGN).gates}  # type: ignore[arg-type]


def test_equal_systems_pass_every_gate():
    assert set(gate_states().values()) == {"PASS"}


def test_a_slower_first_token_fails_its_gate_alone():
    states = gate_states(effect=0.1)
    assert states.pop("ttft_user p95") == "FAIL"
    assert set(states.values()) == {"PASS"}


def test_other_metrics_are_explored_and_cannot_fail():
    found = compare_blocks(blocks(effect=0.1), DESIGN)
    [told] = [note for note in found.notes if "ttft_user p50" in note]
    assert told.startswith("explored, not gated: ttft_user p50 +1")
    assert told.endswith("(p 0.000, corrected)")
    assert not any("ttft_user p95" in note for note in found.notes)


def test_slower_gaps_fail_theirs():
    states = gate_states(slow_gaps=1.2)
    assert states.pop("gap p99") == "FAIL"
    assert states["ttft_user p95"] == "PASS"


def test_failures_show_as_failures_and_the_tail_cannot_hide_them():
    compared = compare_blocks(blocks(failing=3), DESIGN)
    states = {gate.metric: gate for gate in compared.gates}
    assert states["failure_share"].candidate == pytest.approx(0.1)
    assert states["ttft_user p95"].state == "FAIL"
    assert "10.0% of the candidate's streams" in states["ttft_user p95"].why


EXTENSIBLE = msgspec.structs.replace(DESIGN, extend=True, rule=Rule(alpha=LOOK_ALPHA))


def test_an_extension_goes_on_with_the_coin_and_the_draws_where_the_comparison_stopped():
    further = extension(EXTENSIBLE, "first-half")
    assert (list(further.numbers), further.extend, further.extends) == (
        list(range(6, 12)),
        False,
        "first-half",
    )
    whole = msgspec.structs.replace(DESIGN, pairs=12)
    assert EXTENSIBLE.blocks + further.blocks[2:] == whole.blocks
    assert {pair for pair, _ in further.blocks} == {-1, *range(6, 12)}
    names = [phase.name for phase in plan_of(further).phases]
    assert names[2].startswith("pair 06 ")
    assert read_design(msgspec.json.encode(further)) == further


def test_a_second_look_must_be_paid_for_beforehand():
    with pytest.raises(ValueError, match=r"judged twice, so alpha is 0\.005"):
        Design(extend=True)


def extended(first: Joined, second: Joined, first_invalid: str = "") -> Comparison:
    half = FirstHalf(first, EXTENSIBLE, first_invalid)
    return compare_blocks(second, extension(EXTENSIBLE, "first-half"), before=half)


def test_an_extension_tells_of_both_looks_what_each_came_to_and_may_err():
    compared = extended(blocks(effect=0.02), blocks(effect=0.2, first=6))
    first, second = compared.looks
    assert (first.pairs, second.pairs) == (6, 12)
    assert (first.alpha, second.alpha) == (LOOK_ALPHA, LOOK_ALPHA)
    assert first.gates == {
        gate.metric: gate.state for gate in compare_blocks(blocks(effect=0.02), EXTENSIBLE).gates
    }
    assert second.gates == {gate.metric: gate.state for gate in compared.gates}
    assert (first.state, second.state) == ("PASS", "INCONCLUSIVE")


def test_what_makes_the_first_half_invalid_makes_all_of_it_so():
    compared = extended(blocks(), blocks(first=6), "the measurement is invalid (cpu)")
    assert [look.state for look in compared.looks] == ["INVALID", "INVALID"]
    assert {gate.why for gate in compared.gates} == {"the measurement is invalid (cpu)"}


def test_only_what_may_be_extended_has_looks():
    assert [look.pairs for look in compare_blocks(blocks(), EXTENSIBLE).looks] == [6]
    assert compare_blocks(blocks(), DESIGN).looks == []


def test_an_extension_is_judged_with_the_pairs_before_it():
    halves = blocks(effect=0.1), blocks(effect=0.1, first=6)
    compared = extended(*halves)
    gates = {gate.metric: gate for gate in compared.gates}
    assert (compared.pairs, compared.alpha) == (12, LOOK_ALPHA)
    assert {gate.pairs for gate in gates.values()} == {12}
    assert gates["ttft_user p95"].state == "FAIL"
    assert compared.notes[0].startswith("first-half was INCONCLUSIVE and has been extended once, as declared")
    rows = [row for row in compared.blocks if row["gate"] == "ttft_user p95"]
    assert sorted(row["place"] for row in rows) == list(range(24))  # type: ignore[type-var]
    assert None not in {row["value"] for row in rows}
    one = compare_blocks(halves[0], EXTENSIBLE)
    assert one.notes[0].startswith("declared as one that may be extended once; each of the two looks")
    assert compare_blocks(halves[0], DESIGN).notes[0].startswith("explored")


def test_a_candidate_that_asks_another_provider_cannot_be_compared():
    assert without_ledger(blocks(), DESIGN) == ""
    said = without_ledger(blocks(served=False), DESIGN)
    assert said.startswith("no stream of the candidate (http://127.0.0.1:2) reached the mock")
    compared = compare_blocks(blocks(served=False), DESIGN, said)
    assert {gate.state for gate in compared.gates} == {"INVALID"}


@pytest.mark.parametrize(
    ("effect", "invalid", "state", "code"),
    [(0.0, "", "PASS", 0), (0.1, "", "FAIL", 1), (0.1, "broken", "INVALID", 2)],
)
def test_a_comparison_is_a_summary_with_gates_for_checks(effect: float, invalid: str, state: str, code: int):
    joined = blocks(effect=effect)
    summary = summarise(judge(joined.run), compare_blocks(joined, DESIGN, invalid), "streamproof compare")
    assert (summary.verdict.state, summary.verdict.exit_code) == (state, code)
    assert [check.id for check in summary.checks] == [f"compare {gate}" for gate in DESIGN.gates]
    assert summary.run.command == "streamproof compare"
    assert summary.compare is not None
    assert summary.phases == []
    if state == "FAIL":
        assert "%" in summary.checks[0].evidence
        assert "99 % interval" in summary.checks[0].evidence


def test_the_design_is_kept_and_read_back():
    assert read_design(msgspec.json.encode(DESIGN)) == DESIGN
    with pytest.raises(PlanError, match=r"compare\.json"):
        read_design(b"{]")


def within(pair: int, arm: Arm) -> float:
    """An instant in the middle of a block's streams."""
    start = 0.0
    for phase in plan_of().phases:
        if phase.name == phase_name(pair, arm):
            return start + DESIGN.block * 0.005
        start += phase.duration_s
    raise LookupError(arm)


@pytest.mark.parametrize("arm", ["baseline", "candidate"])
def test_blocks_that_never_were_are_no_failures(arm: Arm):
    joined = blocks(until_s=within(5, arm))
    compared = compare_blocks(
        joined, msgspec.structs.replace(DESIGN, gates=["ttft_user p50", "failure_share"])
    )
    assert {gate.metric: (gate.pairs, gate.state) for gate in compared.gates} == {
        "ttft_user p50": (5, "PASS"),
        "failure_share": (5, "PASS"),
    }


@pytest.mark.parametrize(("effect", "state"), [(0.0, "INCONCLUSIVE"), (0.2, "FAIL")])
def test_an_interrupted_comparison_can_find_something_but_not_pass(effect: float, state: str):
    joined = blocks(effect=effect, until_s=within(5, "candidate"))
    design = msgspec.structs.replace(DESIGN, gates=["ttft_user p50"])
    verdict = summarise(judge(joined.run), compare_blocks(joined, design), "streamproof compare").verdict
    assert (verdict.state, verdict.exit_code) == (state, 4)
    if state == "INCONCLUSIVE":
        assert verdict.sentences[0].startswith("The comparison was interrupted before all its pairs")


def test_a_comparison_that_was_interrupted_in_its_first_pair_has_nothing_to_say():
    compared = compare_blocks(blocks(until_s=within(-1, "baseline")), DESIGN)
    assert {gate.state for gate in compared.gates} == {"INCONCLUSIVE"}
