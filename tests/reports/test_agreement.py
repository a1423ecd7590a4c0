"""One number, one value: every format tells the same percentile of the same phase."""

import csv
import io
from functools import cache

import pytest

from reports import formats, json_report
from reports.html import render
from reports.numerals import number
from tests.reports.examples import demo
from tests.reports.test_html import Page
from tests.reports.test_terminal import shown


@cache
def texts() -> dict[str, str]:
    return {
        "page": Page(render(demo())).text,
        "terminal": shown(demo()),
        "markdown": formats.render("markdown", demo()),
    }


@pytest.mark.parametrize("phase", [phase.span.name for phase in demo().phases])
@pytest.mark.parametrize("percentile", ["p50", "p95"])
def test_every_format_tells_the_same_percentile(phase: str, percentile: str) -> None:
    read_back = json_report.decode(json_report.encode(demo()))
    result = next(result for result in read_back.phases if result.span.name == phase)
    quantile = result.metrics["ttft_user"].all[percentile]
    rows = csv.DictReader(io.StringIO(formats.render("csv", demo())))
    wanted = {"phase": phase, "name": "ttft_user", "statistic": f"{percentile} all"}
    in_csv = next(row["value"] for row in rows if wanted.items() <= row.items())
    if quantile is None:
        assert in_csv == ""
        assert "n too small" in texts()["page"].split(f" {phase} ms ")[1][:120]
        return
    assert in_csv == str(quantile[0])
    printed = number(quantile[0])
    row = next(line for line in texts()["terminal"].splitlines() if line.startswith(phase))
    assert printed in row
    assert f"{percentile} {printed} (" in texts()["markdown"] or printed == "∞"
    assert f" {printed} " in texts()["page"]


def test_every_format_tells_the_same_verdict() -> None:
    assert "✓ PASS" in texts()["page"]
    assert "VERDICT  ✓ PASS" in texts()["terminal"]
    assert "✓ **PASS**" in texts()["markdown"]
    assert ",verdict,,,,,,,PASS\n" in formats.render("csv", demo())
    assert 'streamproof_verdict="PASS"} 1\n' in formats.render("openmetrics", demo())
