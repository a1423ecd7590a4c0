"""Who gave out: told apart."""

import pytest

from harness.capacity.answer import answered, state_of, summarise
from harness.capacity.hunt import line
from harness.capacity.limits import what_limited
from harness.capacity.probe import describe
from harness.capacity.search import Bracket
from harness.judge import judge
from harness.metrics.join import Joined
from harness.plan.slo import parse_slo
from harness.summary import CapacityStep, Summary, TrustCheck, Validity
from tests.capacity.probed import OPEN, SLO, probed, step

OBJECTIVES = [parse_slo(text) for text in SLO]


def with_distrust(joined: Joined, id: str) -> Summary:
    summary = judge(joined.run)
    bad = TrustCheck(id=id, state="INVALID", stat="p99", value=99.0, limit=10.0, unit="ms", note="too late")
    summary.validity = Validity(state="INVALID", checks=[bad])
    return summary


@pytest.mark.parametrize(
    ("id", "who"),
    [
        ("loop_lag", "generator"),
        ("rate_achieved", "generator"),
        ("mock_lateness", "mock"),
        ("records", "harness"),
    ],
)
def test_what_cannot_measure_is_named_before_anything_else(id: str, who: str):
    joined = probed(200, slow=50)
    found = describe([joined], [with_distrust(joined, id)], 8.0, OPEN, [])
    assert (found.decision, found.limited_by) == ("INVALID", who)
    assert found.why == f"{id}: too late"


def test_a_quota_is_told_by_its_name():
    joined = probed(200, failing=60, limit="rpm")
    found = describe([joined], [judge(joined.run)], 8.0, OPEN, [])
    assert found.decision == "FAIL"
    assert (found.limited_by, found.why) == ("provider quota", "rpm refused 60 of 200 requests")


def test_a_full_queue_is_the_providers():
    joined = probed(200, failing=60, limit="queue")
    assert describe([joined], [judge(joined.run)], 8.0, OPEN, []).limited_by == "provider"


def test_refusals_without_a_ledger_limit_are_a_quota_of_somebody():
    joined = probed(200, failing=60)
    assert describe([joined], [judge(joined.run)], 8.0, OPEN, []).limited_by == "quota"


def limited(failing: CapacityStep, *before: CapacityStep) -> tuple[str, str]:
    joined = probed(200)
    return what_limited(joined, judge(joined.run), failing, list(before))


def timed(load: float, decision: str, *, added: float, provider: float, users: float, upstream: float):
    return step(
        load, decision, added_ttft_p50_ms=added, provider_ttft_p50_ms=provider, in_flight=users,
        provider_in_flight=upstream,
    )  # fmt: skip


CALM = timed(4.0, "PASS", added=5.0, provider=100.0, users=8.0, upstream=8.0)


def test_a_slow_provider_is_told_from_a_slow_system():
    slow = timed(8.0, "FAIL", added=6.0, provider=900.0, users=20.0, upstream=20.0)
    who, why = limited(slow, CALM)
    assert who == "provider"
    assert "900 ms at the provider and 6 ms in the system" in why
    held = timed(8.0, "FAIL", added=700.0, provider=100.0, users=10.0, upstream=9.5)
    who, why = limited(held, CALM)
    assert who == "system"
    assert "at once" not in why


def test_a_cap_inside_the_system_is_told_by_the_streams_that_reach_the_provider():
    capped = timed(16.0, "FAIL", added=700.0, provider=100.0, users=30.0, upstream=8.1)
    who, why = limited(capped, CALM)
    assert who == "system"
    assert "about 8 streams reach the provider at once" in why


def test_without_the_mock_the_share_of_the_provider_is_not_known():
    who, why = limited(step(8.0, "FAIL"), CALM)
    assert who == "system"
    assert "not known" in why


@pytest.mark.parametrize(("looks", "words"), [(1, "1 look,"), (3, "3 looks,")])
def test_a_probe_is_told_on_one_line(looks: int, words: str):
    told = line(step(8.0, "FAIL", looks=looks, streams=1300, limited_by="system", why="slow"), "streams/s")
    assert f"1,300 streams, {words} TTFT p95 never" in told
    assert told.endswith("system: slow")


def found(bracket: Bracket | None, gave_out: CapacityStep | None = None, hysteresis: bool | None = None):
    steps = [CALM, step(8.0, "FAIL", limited_by="system", why="slow")]
    return answered(OPEN, OBJECTIVES, steps, bracket, gave_out, hysteresis)


def test_an_answer_says_its_ends_and_what_lies_beyond():
    answer = found(Bracket(4.0, 4.2, "narrow"))
    assert answer.answer == pytest.approx(4.099, abs=1e-3)
    assert answer.sentence == (
        "About 4.099 streams/s, to be read as plus or minus 10 % (4 passed, 4.2 did not). "
        "Beyond it: system: slow."
    )
    assert state_of(answer) == "PASS"


def test_no_answer_where_the_generator_gave_out_first():
    answer = found(None, step(8.0, "INVALID", limited_by="generator", why="cpu: full"))
    assert (answer.answer, answer.low, answer.ended) == (None, 4.0, "gave out")
    assert answer.sentence.startswith("No answer: the generator gave out at 8 streams/s before the system")
    assert "(cpu: full)" in answer.sentence
    summary = summarise(judge(probed(50).run), answer, "streamproof capacity x")
    assert (summary.verdict.state, summary.verdict.exit_code) == ("INVALID", 2)
    assert "--workers" in summary.checks[0].fix


@pytest.mark.parametrize(
    ("bracket", "words", "state"),
    [
        (Bracket(None, 4.0, "nothing passed"), "Even 4 streams/s are too many", "FAIL"),
        (Bracket(20.0, None, "nothing failed"), "20 streams/s is the most that was offered", "PASS"),
        (Bracket(4.0, 8.0, "too many probes"), "About 5.657 streams/s", "INCONCLUSIVE"),
    ],
)
def test_other_endings_are_said(bracket: Bracket, words: str, state: str):
    answer = found(bracket)
    assert words in answer.sentence
    assert state_of(answer) == state


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, None, "2 probes, before there was an answer; nothing was decided."),
        (4.0, None, "4 streams/s were carried, and nothing had failed."),
        (None, 8.0, "8 streams/s were too many, and nothing had passed."),
        (4.0, 8.0, "4 streams/s were carried, 8 were too many."),
    ],
)
def test_an_interrupted_search_says_what_it_knows_and_no_answer(
    low: float | None, high: float | None, words: str
):
    answer = found(Bracket(low, high, "interrupted"))
    assert answer.answer is None
    assert words in answer.sentence
    summary = summarise(judge(probed(50).run), answer, "streamproof capacity x")
    assert (summary.verdict.state, summary.verdict.exit_code) == ("INCONCLUSIVE", 4)
    assert summary.run.interrupted
    assert summary.checks[0].fix == ("Go on from there: --start 4." if low else "Search again.")


def test_a_sweep_that_is_interrupted_leaves_the_answer_and_its_own_question_open():
    steps = [CALM, step(8.0, "FAIL")]
    answer = answered(OPEN, OBJECTIVES, steps, Bracket(4.0, 4.2, "narrow"), None, None, interrupted=True)
    assert answer.answer == pytest.approx(4.099, abs=1e-3)
    assert "The sweep after it was interrupted" in answer.sentence
    summary = summarise(judge(probed(50).run), answer, "streamproof capacity x")
    assert (summary.verdict.state, summary.verdict.exit_code) == ("INCONCLUSIVE", 4)


def test_a_single_probe_is_one_probe():
    answer = answered(OPEN, OBJECTIVES, [CALM], Bracket(4.0, None, "interrupted"), None, None, True)
    summary = summarise(judge(probed(50).run), answer, "streamproof capacity x")
    assert "Interrupted after 1 probe," in answer.sentence
    assert summary.verdict.sentences[1] == "1 probe with 0 streams, open loop."


def test_a_system_that_does_not_recover_fails():
    answer = found(Bracket(4.0, 4.2, "narrow"), hysteresis=True)
    assert state_of(answer) == "FAIL"
    assert "did not come back" in answer.sentence


def test_advice_needs_points_and_law_breaking_is_noted():
    steps = [
        step(
            n,
            ttft_p95_ms=100 + n,
            in_flight=n,
            throughput=90 * n / (1 + 0.03 * (n - 1)),
            littles_residual=0.2,
        )
        for n in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    ]
    answer = answered(OPEN, OBJECTIVES, steps, Bracket(32.0, 33.0, "narrow"), None, None)
    assert answer.usl is not None
    assert answer.usl["sigma"] == pytest.approx(0.03, abs=1e-3)
    assert answer.notes == ["Little's law is off by up to 20.0%: streams were lost or the load not steady"]
