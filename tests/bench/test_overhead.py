"""Streamed and whole answers, and what repeating the text so far costs."""

import msgspec
import pytest

from bench import overhead


def test_every_work_of_the_plan_is_done_both_ways():
    names = [phase.name for phase in overhead.plan_of([]).phases]
    works = {name.rpartition(" ")[0] for name in names}
    assert works == {"chat", "batch", "long-form", "code", "extraction", "search"}
    assert sorted(names) == sorted(f"{work} {way}" for work in works for way in ("streamed", "whole"))
    assert [phase.name for phase in overhead.plan_of(["code"]).phases] == ["code streamed", "code whole"]


def test_text_so_far_costs_quadratically_and_new_text_does_not():
    short, long = (overhead.sizes(tokens) for tokens in (100, 400))
    assert long["generic"] / short["generic"] == pytest.approx(4, rel=0.1)
    assert long["generic_accumulated"] / short["generic_accumulated"] > 12


@pytest.mark.slow
def test_the_same_work_streamed_comes_earlier_and_weighs_more():
    plan = overhead.plan_of(["extraction"])
    phases = [msgspec.structs.replace(phase, duration_s=4) for phase in plan.phases]
    summary = overhead.measure(msgspec.structs.replace(plan, phases=phases, drain_s=5))
    streamed, whole = summary.deliveries
    assert (whole.against, streamed.answers > 11, whole.answers > 11) == ("extraction streamed", True, True)
    assert summary.streams["outcomes"] == {"completed": summary.streams["attempts"]}
    assert whole.ratios["first_ms"] > 1 > whole.ratios["bytes_per_token"]
    assert {phase.span.name: phase.streamed for phase in summary.phases} == {
        "extraction streamed": True,
        "extraction whole": False,
    }
