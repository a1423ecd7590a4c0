"""CSV: every number, nothing that a spreadsheet would run."""

import csv
import io

import msgspec

from harness.summary import CheckResult, Summary
from reports.formats.csv import COLUMNS, render
from tests.reports.examples import demo, hostile, never_reached


def rows(summary: Summary) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(summary))))


def test_every_percentile_of_every_phase_has_a_row() -> None:
    summary = demo()
    value, low, high = summary.phases[1].metrics["ttft_user"].all["p95"]
    wanted = {"kind": "metric", "phase": "steady", "name": "ttft_user", "statistic": "p95 all"}
    found = [row for row in rows(summary) if wanted.items() <= row.items()]
    assert [(float(row["value"]), float(row["low"]), float(row["high"])) for row in found] == [
        (value, low, high)
    ]
    assert (found[0]["n"], found[0]["unit"]) == ("236", "ms")


def test_never_reached_is_inf_and_not_measurable_is_empty() -> None:
    found = {
        row["statistic"]: row for row in rows(never_reached()) if row["kind"] == "metric" and not row["phase"]
    }
    assert (found["p95 all"]["value"], found["p95 all"]["low"]) == ("inf", "")


def test_outcomes_add_up() -> None:
    counted = [int(row["value"]) for row in rows(demo()) if row["kind"] == "outcome"]
    assert sum(counted) == 658


def test_formulas_are_marked_as_text() -> None:
    check = CheckResult(id="=cmd|' /C calc'!A0", phase="@x", state="PASS", promise="p", evidence="e")
    row = next(row for row in rows(msgspec.structs.replace(demo(), checks=[check])) if row["kind"] == "check")
    assert (row["name"], row["phase"]) == ("'=cmd|' /C calc'!A0", "'@x")


def test_every_row_has_every_column() -> None:
    table = list(csv.reader(io.StringIO(render(hostile()))))
    assert tuple(table[0]) == COLUMNS
    assert {len(row) for row in table} == {len(COLUMNS)}


def test_a_limit_stands_on_the_side_that_it_limits() -> None:
    found = {row["name"]: (row["low"], row["high"]) for row in rows(demo()) if row["kind"] == "validity"}
    assert (found["loop_lag"], found["any_success"]) == (("", "10.0"), ("1.0", ""))
