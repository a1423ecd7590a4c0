"""What a command says where there is no terminal: whole lines, and the run's progress now and then."""

import pytest
from rich.console import Group
from rich.text import Text

from harness.telling import Teller
from reports.progress import LINE_EVERY_S, Live, line
from reports.terminal import copied


def live(elapsed_s: float) -> Live:
    return Live(
        elapsed_s=elapsed_s, duration_s=60, phase="steady", users=3, in_flight=2, finished=7,
        ttft_p50_ms=80.0, ttft_p95_ms=120.0, outcomes={"completed": 7}, faults_now=[],
    )  # fmt: skip


def test_a_long_line_with_brackets_is_said_as_it_is(capsys: pytest.CaptureFixture[str]):
    text = "[red]no markup[/red] :smile: " + "word " * 60
    with Teller() as teller:
        teller.say(text)
    assert capsys.readouterr().out == text + "\n"


def test_a_page_is_wrapped_where_it_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("COLUMNS", "20")
    with Teller() as teller:
        teller.say(Text("a page of many words, which do not fit"), wrap=True)
    assert capsys.readouterr().out == "a page of many \nwords, which do not \nfit\n"


def test_a_line_that_must_not_be_folded_is_whole_within_a_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("COLUMNS", "20")
    with Teller() as teller:
        teller.say(Group(copied("again   streamproof run runs/r0/plan.yaml")), wrap=True)
    assert capsys.readouterr().out == "again   streamproof run runs/r0/plan.yaml\n"


def test_progress_is_a_line_every_few_seconds(capsys: pytest.CaptureFixture[str]):
    with Teller() as teller:
        for tenth in range(int(LINE_EVERY_S * 10) + 1):
            teller.show(live(tenth / 10))
    assert capsys.readouterr().out.splitlines() == [line(live(0.0)), line(live(LINE_EVERY_S))]


def test_a_terminal_gets_a_panel_which_is_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with Teller() as teller:
        teller.say("before")
        assert capsys.readouterr().out == "before\n"
        teller.show(live(1.0))
    assert "steady" in capsys.readouterr().out
