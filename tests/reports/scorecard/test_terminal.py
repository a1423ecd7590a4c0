"""The last words of an audit on a terminal."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from harness.scorecard import Scorecard
from reports.scorecard.terminal import final
from tests.reports.scorecard.examples import EVERY, broken, hostile, invalid, kept


def shown(card: Scorecard, folder: Path | None = None, width: int = 140) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        console.print(final(card, folder), crop=False)
    return console.export_text()


@pytest.mark.parametrize("name", [name for name in EVERY if name != "huge"])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_scorecard_prints_within_the_width(name: str, width: int) -> None:
    example: Callable[[], Scorecard] = EVERY[name]
    text = shown(example(), width=width)
    assert text.startswith("AUDIT  ")
    assert max(len(line) for line in text.splitlines() if not line.startswith("  again ")) <= width


def test_a_broken_promise_is_told_with_evidence_fix_and_place_in_the_docs() -> None:
    text = shown(broken())
    places = [
        text.index(part)
        for part in (
            "AUDIT  ✕ FAIL   82 of 100   http://127.0.0.1:8080, generic, 2 min 31 s",
            "latency           50 ██████████░░░░░░░░░░  1 kept, 1 broken, 1 open",
            "✕ FAIL           does_not_hold_back  The system does not hold back.",
            "30 of 30 tokens arrived in one read",
            "fix: Set `proxy_buffering off` in nginx",
            "see docs/audit-checks.md#does_not_hold_back",
            "? INCONCLUSIVE   beats_in_silence",
            "✓ PASS           survives_length  The system survives length.",
            "integrity        100 ████████████████████  4 kept",
            "NEXT  Begin with does_not_hold_back",
        )
    ]
    assert places == sorted(places)


def test_a_group_of_which_nothing_was_measured_has_no_score_and_says_why() -> None:
    text = shown(broken())
    assert "observability    –   1 not measured" in text
    assert "○ NOT MEASURED   logs_true_ttft  No log is declared. Add log.path." in text


def test_a_late_generator_is_told_above_the_table() -> None:
    text = shown(invalid())
    assert text.index("cannot vouch for its own measurement") < text.index("latency  ")


def test_the_files_are_named_where_they_were_written() -> None:
    assert "page    runs/a1/audit.html" in shown(kept(), Path("runs/a1"))
    assert "audit.html" not in shown(kept())


def test_a_long_command_is_whole_in_one_line() -> None:
    card = kept()
    command = f"streamproof audit {'x' * 200}/mine.yaml"
    card = msgspec.structs.replace(card, audit=msgspec.structs.replace(card.audit, command=command))
    for soft_wrap in (True, False):
        console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
        with console.file:
            console.print(final(card), soft_wrap=soft_wrap, crop=False)
        assert f"again   {command}\n" in console.export_text()


def test_markup_prints_as_it_is_and_controls_as_pictures() -> None:
    text = shown(hostile())
    assert "[red]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
