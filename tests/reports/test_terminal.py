"""The terminal's last words."""

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from harness.summary import Summary
from reports.terminal import final
from tests.reports.examples import EVERY, demo, failing, hostile, interrupted


def shown(summary: Summary, folder: Path | None = None, width: int = 140) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        console.print(final(summary, folder), crop=False)
    return console.export_text()


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_summary_prints_within_the_width(example: Callable[[], Summary], width: int) -> None:
    text = shown(example(), width=width)
    assert "VERDICT" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("  again ")) <= width


def test_what_is_copied_into_a_shell_or_a_browser_stands_in_one_line() -> None:
    folder = Path("/home/somebody/with-a-long-name/runs/20261122T100000Z-demo")
    lines = shown(demo(), folder, width=40).splitlines()
    assert f"  report  {folder}/report.html" in lines
    assert f"  again   {demo().run.command}" in lines


def test_the_verdict_comes_first_then_failures_then_the_rest() -> None:
    text = shown(failing(), Path("runs/r1"))
    places = [
        text.index(part)
        for part in (
            "VERDICT  ✕ FAIL   measurement SUSPECT (cpu max 83.0 %)",
            "✕ FAIL  loses_no_tokens in mobile network: 57 of 27,150 tokens",
            "fix: Flush after every event",
            "? INCONCLUSIVE  slo in mobile network",
            "✓ PASS  4 checks: ",
            "TTFT p50",
            "provider: 661 requests, 110,953 tokens emitted",
            "network cut rst, mobile network: 18 attempts hit: 18 reset",
            "report  runs/r1/report.html",
            "again   streamproof run",
        )
    ]
    assert places == sorted(places)


def test_percentiles_without_enough_streams_are_not_printed() -> None:
    row = next(line for line in shown(demo()).splitlines() if line.startswith("recovery"))
    assert "n<" in row
    assert "(96)" in row


def test_an_interruption_and_the_dead_are_named() -> None:
    text = shown(interrupted())
    assert "interrupted: this is what there is of it" in text
    assert "died: mock provider 2 (signal 9) at 20.1 s" in text


def test_markup_of_the_terminal_and_escapes_print_as_text() -> None:
    text = shown(hostile(), width=400)
    assert "`[red]`" in text
    assert "\x1b" not in text
