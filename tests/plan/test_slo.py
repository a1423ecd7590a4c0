"""Objectives as people write them."""

import pytest

from harness.plan.slo import parse_slo


@pytest.mark.parametrize(
    ("text", "metric", "percent", "relation", "limit"),
    [
        ("ttft_user p95 < 800 ms", "ttft_user", 95.0, "<", 800.0),
        ("ttft_user p95 < 0.8 s", "ttft_user", 95.0, "<", 800.0),
        ("  ttft_user   p99.9<=2s ", "ttft_user", 99.9, "<=", 2000.0),
        ("success_share >= 0.99", "success_share", None, ">=", 0.99),
        ("success_share >= 99 %", "success_share", None, ">=", 0.99),
        ("goodput > 12.5", "goodput", None, ">", 12.5),
        ("e2e_last_user p95 < 60 s", "e2e_last_user", 95.0, "<", 60_000.0),
        ("stalls_per_1000_tokens < 3", "stalls_per_1000_tokens", None, "<", 3.0),
    ],
)
def test_an_objective_is_read(
    text: str, metric: str, percent: float | None, relation: str, limit: float
) -> None:
    slo = parse_slo(text)
    assert (slo.metric, slo.percent, slo.relation) == (metric, percent, relation)
    assert slo.limit == pytest.approx(limit)
    assert slo.text == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "", "ttft", "ttft <", "ttft < fast", "ttft 95 < 800 ms", "ttft p95 = 800", "ttft p95 == 800",
        "ttft p100 < 800", "ttft p95 < -1", "ttft p95 < 800 min", "TTFT p95 < 800", "ttft p95 < 800 ms or so",
    ],
)  # fmt: skip
def test_what_is_no_objective_is_shown_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 'ttft_user p95 < 800 ms'"):
        parse_slo(text)


@pytest.mark.parametrize(
    ("relation", "below", "equal", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_relations_at_their_limit(relation: str, below: bool, equal: bool, above: bool) -> None:
    slo = parse_slo(f"gap p95 {relation} 10")
    assert [slo.holds(value) for value in (9.9, 10.0, 10.1)] == [below, equal, above]
    assert not slo.holds(float("nan"))
