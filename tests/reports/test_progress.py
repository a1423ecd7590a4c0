"""A run while it lasts."""

import msgspec
from rich.console import Console

from reports.progress import Live, Minute, dashboard, line, sparkline

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


def test_arrivals_at_a_rate_have_no_users_to_count() -> None:
    live = msgspec.structs.replace(LIVE, users=None)
    assert "| mobile network | in flight 52 |" in line(live)
    assert "60" not in drawn(live)


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


def minute(*moments: Live) -> Minute:
    kept = Minute()
    for live in moments:
        kept.add(live)
    return kept


def at(elapsed_s: float, **changes: object) -> Live:
    return msgspec.structs.replace(LIVE, elapsed_s=elapsed_s, **changes)


def test_rates_are_between_the_seconds_that_were_seen() -> None:
    curves = minute(
        at(1.0, tokens=0, finished=0, outcomes={}),
        at(2.0, tokens=500, finished=10, outcomes={"completed": 8}),
        at(4.0, tokens=700, finished=14, outcomes={"completed": 12}),
    ).curves()
    assert curves["tokens/s of ended streams"] == [500.0, 100.0]
    assert curves["ended/s"] == [10.0, 2.0]
    assert curves["not completed/s"] == [2.0, 0.0]


def test_the_minute_keeps_one_moment_a_second_and_sixty_of_them() -> None:
    kept = minute(*[at(tenth / 10) for tenth in range(1000)])
    assert len(kept.curves()["in flight"]) == 61
    assert len(kept.curves()["ended/s"]) == 60


def test_a_second_run_begins_with_an_empty_minute() -> None:
    assert len(minute(at(50.0), at(51.0), at(0.5)).curves()["in flight"]) == 1


def test_a_sparkline_rises_from_nothing_to_the_most_and_has_gaps() -> None:
    assert sparkline([0.0, 4.0, None, 8.0]) == "▁▅ █"
    assert sparkline([0.0, 0.0]) == "▁▁"
    assert sparkline([None]) == " "
    assert sparkline([]) == ""


def test_lights_have_a_mark_and_a_word_each() -> None:
    text = drawn(
        msgspec.structs.replace(LIVE, lights={"CPU": "VALID", "loop lag": "SUSPECT", "steal": "INVALID"})
    )
    assert "✓ CPU  ? loop lag suspect  ✕ steal invalid" in text
    assert "measurement: not known yet" in drawn(LIVE)


def test_the_dashboard_draws_the_last_minute() -> None:
    console = Console(width=120, force_terminal=False)
    with console.capture() as capture:
        console.print(dashboard(LIVE, minute(at(1.0, in_flight=1), at(2.0, in_flight=8))))
    assert "▂█" in capture.get() or "▁█" in capture.get()
