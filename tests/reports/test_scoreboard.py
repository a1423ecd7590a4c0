"""Percentile cells: a value with its interval, or the reason why there is none."""

from harness.summary import CheckResult, Metric, State
from reports.scoreboard import Cell, by_phase, cell, objectives, scoreboard
from tests.reports.examples import demo

METRIC = Metric(
    unit="ms",
    n=140,
    censored=12,
    all={
        "p50": (412.2, 398.0, 431.4),
        "p95": ("inf", "inf", "inf"),
        "p90": (900.0, 800.0, "inf"),
        "p99": None,
    },
    ok={"p50": (400.0, 390.0, 420.0), "p95": None},
    thin=["p95"],
)


def test_a_percentile_carries_its_interval() -> None:
    assert cell(METRIC, METRIC.all, "p50") == Cell("412", "398 to 431")


def test_a_percentile_below_its_floor_says_how_many_it_needs() -> None:
    assert cell(METRIC, METRIC.all, "p99") == Cell("", note="n too small (needs 662)")


def test_the_ok_series_counts_only_those_that_got_there() -> None:
    assert cell(METRIC, METRIC.ok, "p95", left_out=12) == Cell("", note="n too small (needs 130)")


def test_many_values_of_few_streams_ask_for_streams() -> None:
    gaps = Metric(unit="ms", n=20_000, censored=0, all={"p95": None})
    assert cell(gaps, gaps.all, "p95") == Cell("", note="needs 130 streams")


def test_never_reached_is_infinite_with_or_without_a_finite_lower_end() -> None:
    assert cell(METRIC, METRIC.all, "p95") == Cell("∞")  # an infinite value is not thin
    assert cell(METRIC, METRIC.all, "p90") == Cell("900", "800 to ∞")


def test_known_metrics_come_first_and_p999_only_where_somebody_has_it() -> None:
    table = scoreboard({"zz": METRIC, "ttft_user": METRIC})
    assert [line.id for line in table.lines] == ["ttft_user", "zz"]
    assert table.columns == ["p50", "p90", "p95", "p99"]
    rare = Metric(unit="ms", n=9000, censored=0, all={"p999": (9.0, 8.0, 10.0)})
    assert scoreboard({"gap": rare}).columns[-1] == "p99.9"


def test_phases_keep_their_order() -> None:
    names = [line.name for line in by_phase(demo().phases, "ttft_user").lines]
    assert names == ["warm-up", "steady", "mobile network", "provider quota", "recovery"]


def test_an_objective_is_one_row_with_what_became_of_it_in_each_phase() -> None:
    def objective(phase: str, state: State, text: str) -> CheckResult:
        return CheckResult(id="meets_slo ttft_user p95", phase=phase, state=state, promise=text, evidence="")

    summary = demo()
    text = "ttft_user p95 < 1 s."
    summary.checks = [
        objective("steady", "PASS", text), objective("recovery", "FAIL", text),
        objective("steady", "PASS", "ttft_user p95 < 2 s."),
        CheckResult(id="completes", phase="steady", state="PASS", promise="", evidence=""),
    ]  # fmt: skip
    rows = objectives(summary)
    assert [row.text for row in rows] == ["ttft_user p95 < 1 s", "ttft_user p95 < 2 s"]
    assert {name: check.state for name, check in rows[0].found.items()} == {
        "steady": "PASS",
        "recovery": "FAIL",
    }
