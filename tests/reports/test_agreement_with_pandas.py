"""The numbers of a report are those that anybody gets from `streams.parquet` in one line of pandas."""

import csv
import io
import math

import numpy as np
import pandas as pd
import pytest

from harness import cli
from harness.run_folder import collect_parts
from reports import formats, json_report
from reports.numerals import number
from tests.reports.test_html import Page
from tests.sample import sample_scene
from tests.test_run_folder import written

P = {"p50": 0.50, "p95": 0.95}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """(the table, the summary, the page, the terminal) of one folder."""
    folder = written(sample_scene(), tmp_path_factory.mktemp("runs") / "run")
    collect_parts(folder)
    with pytest.MonkeyPatch.context() as patch:
        said = io.StringIO()
        patch.setattr("sys.stdout", said)
        patch.setenv("COLUMNS", "200")
        cli.main(["report", str(folder.root)])
    summary = json_report.decode(folder.summary.read_bytes())
    table = pd.read_parquet(folder.table("streams"))
    return table, summary, Page(folder.report.read_text("utf-8")).text, said.getvalue()


def rank(values: pd.Series, p: float) -> float:
    """The order statistic of rank ceil(n p); what was never reached is infinite."""
    return float(np.sort(values.fillna(math.inf))[math.ceil(round(len(values) * p, 9)) - 1])


@pytest.mark.parametrize("percentile", P)
@pytest.mark.parametrize("phase", ["steady", "commute"])
def test_first_tokens(told, phase, percentile):
    table, summary, page, terminal = told
    mine = table[table["phase"] == phase]
    by_hand = rank((mine["first_content_ns"] - mine["intended_ns"]) / 1e6, P[percentile])
    result = next(result for result in summary.phases if result.span.name == phase)
    assert result.metrics["ttft_user"].all[percentile][0] == pytest.approx(by_hand, abs=1e-5)
    assert f" {number(by_hand)} " in page
    row = next(line for line in terminal.splitlines() if line.startswith(phase))
    assert number(by_hand) in row
    rows = csv.DictReader(io.StringIO(formats.render("csv", summary)))
    wanted = {"phase": phase, "name": "ttft_user", "statistic": f"{percentile} all"}
    in_csv = next(row["value"] for row in rows if wanted.items() <= row.items())
    assert float(in_csv) == pytest.approx(by_hand, abs=1e-5)


def test_outcomes(told):
    table, summary, page, terminal = told
    by_hand = table["outcome"].value_counts().to_dict()
    assert summary.streams["outcomes"] == by_hand
    assert f"{by_hand['completed']:,} of {table['stream'].nunique():,} streams gave" in " ".join(page.split())
    assert f"{by_hand['completed']:,} of {table['stream'].nunique():,} streams gave" in terminal


def test_tokens(told):
    table, summary, page, terminal = told
    assert summary.two_sided.tokens_received == table["tokens"].sum()
    assert f"{table['tokens'].sum():,}" in page
    assert f"{table['tokens'].sum():,} received" in terminal


def test_gaps(told):
    """Every gap is one element of `read_us`: in this folder each read brought one event."""
    table, summary, _, _ = told
    whole = table[(table["phase"] == "steady") & (table["outcome"] == "completed")]
    gaps = np.concatenate([np.diff(reads) for reads in whole["read_us"]]) / 1000
    steady = next(result for result in summary.phases if result.span.name == "steady")
    assert steady.metrics["gap"].n == len(gaps)
    assert steady.metrics["gap"].all["p50"][0] == pytest.approx(rank(pd.Series(gaps), 0.5), abs=1e-5)
