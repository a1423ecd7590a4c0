"""The demo, once, whole; then everything that its report must show."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.network.install import find_server
from tests.end_to_end.driving import Finished, command

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    if find_server() is None:
        pytest.skip("needs a Toxiproxy server (streamproof toxiproxy install)")
    return command(tmp_path_factory.mktemp("demo"), "demo")


def test_a_healthy_demo_breaks_no_promise(demo: Finished) -> None:
    assert demo.broken() == []
    assert demo.distrust() == set()
    assert demo.code in (0, 2), demo.output  # 2: the machine was too busy to measure on
    assert demo.code == demo.summary.verdict.exit_code


def test_the_steady_phase_is_large_enough_for_p95_and_loses_nothing(demo: Finished) -> None:
    steady = demo.phase("steady")
    assert len(steady) >= 130
    assert set(steady.outcome) == {"completed"}
    emitted = demo.table("ledger").merge(steady[["stream"]], on="stream").emitted_tokens.sum()
    assert steady.tokens.sum() == emitted > 10_000
    [phase] = [phase for phase in demo.summary.phases if phase.span.name == "steady"]
    assert phase.metrics["ttft_user"].all["p95"] is not None
    assert (phase.tokens_received, phase.tokens_emitted) == (emitted, emitted)


def test_an_outage_is_a_gap_of_over_a_second_in_streams_that_still_complete(demo: Finished) -> None:
    mobile = demo.phase("mobile")
    lifts = mobile[mobile.cohort.str.startswith("elevator") & (mobile.outcome == "completed")]
    longest = [np.diff(arrivals).max() / 1e6 for arrivals in lifts.read_us if len(arrivals) > 1]
    assert sum(gap_s > 1 for gap_s in longest) >= 5
    assert set(mobile[mobile.cohort.str.startswith("elevator")].outcome) == {"completed"}


def test_cuts_on_the_phone_s_side_have_their_own_names(demo: Finished) -> None:
    mobile = demo.phase("mobile")
    assert set(mobile[mobile.cohort == "reset"].outcome) == {"completed", "reset"}
    assert set(mobile[mobile.cohort == "edge"].outcome) == {"completed", "truncated"}


def test_a_provider_s_truncation_is_in_the_ledger_and_an_error_event_at_the_user(demo: Finished) -> None:
    both = demo.phase("quota").merge(demo.table("ledger"), on="stream", suffixes=("", "_provider"))
    cut = both[both.fault.str.startswith("s1")]
    assert len(cut) > 0
    assert set(cut.outcome) == {"error_event"}


def test_a_provider_s_429_reaches_the_user_as_rate_limited_with_retry_after(demo: Finished) -> None:
    both = demo.phase("quota").merge(demo.table("ledger"), on="stream", suffixes=("", "_provider"))
    refused = both[both.status_provider == 429]
    assert len(refused) > 0
    assert set(refused.outcome) == {"rate_limited"}
    assert (refused.retry_after_s > 0).all()


def test_what_the_provider_wrote_after_an_abort_is_counted(demo: Finished) -> None:
    cuts = [row for row in demo.summary.faults if row.fault.startswith("network cut")]
    assert {row.fault for row in cuts} == {"network cut rst", "network cut fin"}
    assert all(row.hit > 0 and row.wasted_tokens is not None for row in cuts)


def test_every_change_to_the_network_is_in_the_timeline(demo: Finished) -> None:
    lines = [json.loads(line) for line in (demo.root / "timeline.jsonl").read_text().splitlines()]
    network = [line for line in lines if line["kind"] == "network"]
    assert {"outage_begin", "outage_end", "cut"} <= {line["what"] for line in network}
    assert all(line.get("error", "") == "" for line in network)
    assert all(line["planned_ns"] <= line["t_ns"] for line in network)


def test_the_run_folder_holds_what_the_design_promises(demo: Finished) -> None:
    names = {path.name for path in demo.root.iterdir()}
    assert {
        "plan.yaml", "streams.parquet", "ledger.parquet", "timeline.jsonl", "host.parquet", "summary.json",
        "report.html", "figures",
    } <= names  # fmt: skip
    assert list((demo.root / "figures").glob("*.png"))


def test_the_report_of_a_run_folder_is_made_again_the_same(demo: Finished) -> None:
    before = (demo.root / "report.html").read_bytes()
    again = command(demo.root.parent.parent, "report", str(demo.root))
    assert again.code == demo.code
    assert (demo.root / "report.html").read_bytes() == before


def test_the_real_report_opens_without_a_network_and_without_complaint(demo: Finished) -> None:
    pytest.importorskip("playwright")
    from tests.reports.test_page_in_browser import CHROMIUM, FLAGS, Opened

    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = Opened(browser, demo.root / "report.html", viewport={"width": 390, "height": 800})
        try:
            assert [url.split(":")[0] for url in opened.requests] == ["file"]
            assert opened.complaints == []
            text = opened.page.inner_text("body")
        finally:
            opened.close()
            browser.close()
    for word in ("steady", "mobile", "quota", "rate limited", "streamproof run"):
        assert word in text


def test_no_secret_and_no_foreign_path_is_in_the_report(demo: Finished) -> None:
    assert str(Path.home()) not in (demo.root / "report.html").read_text()
