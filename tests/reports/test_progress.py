"""A run while it lasts."""

import msgspec
from rich.console import Console

from reports.progress import Live, dashboard, line

LIVE = Live(
    elapsed_s=35.2,
    duration_s=72.0,
    phase="mobile network",
    users=60,
    in_flight=52,
    finished=312,
    ttft_p50_ms=240.3,
    ttft_p95_ms=None,
    outcomes={"completed": 300, "reset": 12, "refused": 0},
    faults_now=["outage commuter"],
)


def drawn(live: Live) -> str:
    console = Console(width=100, force_terminal=False)
    with console.capture() as capture:
        console.print(dashboard(live))
    return capture.get()


def test_a_line_holds_everything_that_a_log_needs() -> None:
    assert line(LIVE) == (
        "   35 s | mobile network | users 60 | in flight 52 | TTFT p50 240 ms p95 – | "
        "finished 312 (300 completed, 12 reset) | faults: outage commuter"
    )


def test_a_line_stays_one_line_whatever_a_phase_is_called() -> None:
    text = line(msgspec.structs.replace(LIVE, phase="a\nb\x1b[2J", faults_now=["x\r\ny"]))
    assert text.isprintable()


def test_before_the_first_phase_the_run_is_starting() -> None:
    early = msgspec.structs.replace(LIVE, phase="", elapsed_s=0.0, outcomes={}, faults_now=[], finished=0)
    assert line(early).startswith("    0 s | starting | ")
    assert line(early).endswith("finished 0")
    assert "no stream has ended yet" in drawn(early)
    assert "no fault active" in drawn(early)


def test_the_dashboard_shows_progress_numbers_outcomes_and_faults() -> None:
    text = drawn(LIVE)
    for part in (
        "mobile network",
        "35 of 72 s",
        "240 ms",
        "300 completed, 12 reset",
        "faults now: outage commuter",
    ):
        assert part in text


def test_a_run_that_takes_longer_than_planned_or_has_no_length_still_draws() -> None:
    over = drawn(msgspec.structs.replace(LIVE, elapsed_s=90.0))
    unknown = drawn(msgspec.structs.replace(LIVE, duration_s=0.0))
    assert over.count("━") == unknown.count("━") == 36
