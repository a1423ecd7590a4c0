"""What bench.peers makes of what tools report; and its way of measuring CPU, on processes of our own."""

import json
import sys
from pathlib import Path

import pytest

from bench import peers
from bench.peer import aiperf, guidellm, locust_plain, ours, tree
from bench.peer.work import NotThere, Reported, Work
from harness.record import LedgerRow
from tests.synthetic import MS, START_NS

WORK = Work(streams=10, rate=50.0, tokens=100, rounds=2, ttft_ms=200.0)


def served(ttft_ms: float, tokens: int = 100, begin_ms: float = 0.0) -> LedgerRow:
    received = START_NS + int(begin_ms * MS)
    first = received + int(ttft_ms * MS)
    return LedgerRow(request="r", received_ns=received, first_token_ns=first, last_token_ns=first + MS,
                     emitted_tokens=tokens)  # fmt: skip


class Says:
    """A tool that reports what it is told to."""

    LABEL = "Says 1.0"

    def __init__(self, reported: Reported | None) -> None:
        self.reported = reported

    def report(self, work, folder):
        if self.reported is None:
            raise NotThere("Says ended without a report")
        return self.reported


REPORTED = Reported(completed=19, failed=1, ttft_mean_ms=230.0, ttft_p50_ms=210.0, ttft_p99_ms=None)


def used(total_s: float, before_s: float = 0.0) -> tree.Measured:
    return tree.Measured([(START_NS - 10, before_s), (START_NS + 10**9, total_s)], 0, total_s)


def test_cost_is_per_token_and_error_against_the_emitter_s_truth(tmp_path: Path):
    rows = [served(200.0), served(202.0, begin_ms=5.0)]
    found = peers.compared(WORK, used(5.0, 3.0), rows, Says(REPORTED), tmp_path)
    assert (found["token_events"], found["asked"], found["failed"]) == (200, 20, 1)
    assert found["cpu_us_per_event"] == pytest.approx(10_000, abs=1)
    assert found["cpu_us_per_event_whole"] == 25_000
    assert (found["true_ttft_mean_ms"], found["ttft_mean_error_ms"]) == (201.0, 29.0)
    assert found["ttft_p99_error_ms"] is None
    json.dumps(found)


def test_a_tool_without_a_report_or_without_a_request_says_why(tmp_path: Path):
    (tmp_path / "output.log").write_text("Starting\n│ it broke │\n\n")
    with pytest.raises(NotThere, match=r"without a report \(status 0\): it broke"):
        peers.compared(WORK, used(1.0), [served(200.0)], Says(None), tmp_path)
    with pytest.raises(NotThere, match="asked for nothing"):
        peers.compared(WORK, used(1.0), [], Says(REPORTED), tmp_path)


def test_ratios_are_to_ours_and_absent_where_either_was_not_measured():
    rows = [
        {"tool": "ours", "cpu_us_per_event": 20.0, "cpu_us_per_event_whole": 30.0},
        {"tool": "aiperf", "cpu_us_per_event": 250.0, "cpu_us_per_event_whole": 300.0},
        {"tool": "guidellm", "why_not": "pip could not install it"},
    ]
    ratios = [(row["cpu_ratio_to_ours"], row["cpu_ratio_to_ours_whole"]) for row in peers.with_ratios(rows)]
    assert ratios == [(1.0, 1.0), (12.5, 10.0), (None, None)]
    assert [row["cpu_ratio_to_ours"] for row in peers.with_ratios(rows[1:])] == [None, None]


def test_several_times_are_told_by_their_medians_and_no_failure_is_lost():
    def row(cost, failed, p99):
        return {
            "tool": "x", "label": "X", "failed": failed, "ttft_p99_ms": p99,
            "cpu_us_per_event": cost, "cpu_us_per_event_whole": cost + 1.0,
        }  # fmt: skip

    rows = [row(10.0, 0, 200.0), row(30.0, 2, None), row(12.0, 1, 220.0)]
    found = peers.middle(rows)
    assert (found["cpu_us_per_event"], found["cpu_us_per_event_whole"]) == (12.0, 13.0)
    assert found["cpu_us_per_event_each"] == [10.0, 30.0, 12.0]
    assert (found["failed"], found["label"]) == (3, "X")
    assert found["ttft_p99_ms"] is None  # not known every time
    assert peers.middle([rows[0]]) == rows[0]


def test_a_tool_that_could_not_run_once_has_no_figures():
    absent = {"tool": "x", "label": "X", "why_not": "it is not there"}
    assert peers.middle([{"tool": "x", "failed": 0}, absent]) == absent


def test_the_table_has_a_line_for_each_tool_and_says_why_one_has_no_figures(tmp_path: Path):
    row = peers.compared(WORK, used(5.0), [served(200.0)], Says(REPORTED), tmp_path)
    rows = peers.with_ratios([
        {"tool": "ours", "label": "Streamproof", **row},
        {"tool": "guidellm", "label": "GuideLLM", "why_not": "no room left"},
    ])  # fmt: skip
    lines = peers.table(rows).splitlines()
    assert len(lines) == 3
    assert "230.0" in lines[1]
    assert "GuideLLM" in lines[2]
    assert lines[2].endswith("not measured: no room left")


def test_what_aiperf_writes_is_read(tmp_path: Path):
    (tmp_path / "aiperf").mkdir()
    written = {
        "request_count": {"avg": 18.0}, "error_summary": [{"error_details": {}, "count": 2}],
        "time_to_first_token": {"avg": 210.5, "p50": 205.0, "p99": 240.0},
    }  # fmt: skip
    (tmp_path / "aiperf" / "profile_export_aiperf.json").write_text(json.dumps(written))
    found = aiperf.report(WORK, tmp_path)
    assert (found.completed, found.failed, found.ttft_mean_ms, found.ttft_p99_ms) == (18, 2, 210.5, 240.0)


def test_what_guidellm_writes_is_read(tmp_path: Path):
    ttft = {"successful": {"mean": 205.0, "median": 201.0, "percentiles": {"p99": 220.0}}}
    totals = {"successful": 19, "errored": 1, "incomplete": 0, "total": 20}
    benchmark = {"metrics": {"request_totals": totals, "time_to_first_token_ms": ttft}}
    (tmp_path / "guidellm.json").write_text(json.dumps({"benchmarks": [benchmark]}))
    found = guidellm.report(WORK, tmp_path)
    assert (found.completed, found.failed, found.ttft_p50_ms, found.ttft_p99_ms) == (19, 1, 201.0, 220.0)


@pytest.mark.parametrize("tool", [ours, locust_plain, aiperf, guidellm])
def test_a_tool_that_wrote_nothing_has_no_report(tool, tmp_path: Path):
    with pytest.raises(NotThere):
        tool.report(WORK, tmp_path)


def test_our_plan_gives_each_user_its_rounds_and_no_more():
    [phase] = ours.plan(WORK).phases
    assert WORK.answer_s == 2.2
    assert WORK.answer_s * (WORK.rounds - 1) < phase.duration_s < WORK.answer_s * WORK.rounds


@pytest.mark.slow
def test_the_whole_tree_s_cpu_is_counted_also_of_children_nobody_waits_for(tmp_path: Path):
    burn = "import time; end = time.process_time() + 0.6\nwhile time.process_time() < end: pass"
    # The child outlives its parent, which ends without waiting for it.
    start = "import subprocess, sys, time\n"
    child = f"child = subprocess.Popen([sys.executable, '-c', {burn!r}])\n{burn}\ntime.sleep(1.5)"
    measured = tree.run([sys.executable, "-c", start + child], {}, tmp_path, 60)
    assert measured.status == 0
    assert measured.total_s > 1.0


@pytest.mark.slow
def test_a_tool_that_does_not_end_is_ended_and_said_so(tmp_path: Path):
    with pytest.raises(NotThere, match="had not ended"):
        tree.run([sys.executable, "-c", "import time; time.sleep(60)"], {}, tmp_path, 0.5)


@pytest.mark.slow
def test_ours_and_plain_locust_do_the_same_work(tmp_path: Path):
    work = Work(streams=5, rate=50.0, tokens=20, rounds=2, ttft_ms=100.0)
    for name in ("ours", "locust_plain"):
        row = peers.measure(name, work, tmp_path / name)
        assert "why_not" not in row, row
        assert (row["asked"], row["completed"], row["failed"]) == (10, 10, 0)
        assert row["token_events"] == 200
        assert row["ttft_mean_ms"] > 99
        assert row["cpu_us_per_event"] > 0
