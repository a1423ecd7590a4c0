"""The pull request comment: short in sight, harmless, within its limits."""

import re

import msgspec
import pytest
from markdown_it import MarkdownIt

from harness.summary import CheckResult, Summary
from reports.formats import github_summary
from reports.formats.markdown import MARKER, escape, render
from tests.reports.examples import demo, failing, hostile, interrupted

PARSER = MarkdownIt("gfm-like", {"linkify": False})


def crowded(count: int = 2000) -> Summary:
    """Very many failing checks with long texts."""
    checks = [
        CheckResult(
            id=f"check_{place}", phase="p", state="FAIL", promise="p", evidence="é" * 400, fix="f" * 900
        )
        for place in range(count)
    ]
    return msgspec.structs.replace(demo(), checks=checks)


def test_the_marker_comes_first_so_that_the_comment_is_found_again() -> None:
    assert render(demo()).startswith(MARKER + "\n### Streamproof: ✓ **PASS** · demo\n")


def test_failures_are_in_sight_and_the_rest_is_folded() -> None:
    seen, folded = render(failing()).split("<details>", 1)
    assert "<code>loses\\_no\\_tokens</code> in mobile network: 57 of 27,150 tokens" in seen
    assert "in order, once" not in seen
    assert "in order, once" in folded


def test_an_interruption_is_in_sight() -> None:
    seen = render(interrupted()).split("<details>")[0]
    assert "**The run was interrupted.**" in seen
    assert "mock provider 2 (signal 9)" in seen


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a | b ` c `` *d* _e_ ~~f~~ [g](http://x) ![h](y)",
        "# heading",
        "- item",
        "1. item",
        "---",
        "> quote",
        "&lt; &amp;",
        "line\nbreak\r\n\r\n# heading",
        "ends with \\",
        "$x_1$",
    ],
)
def test_text_from_records_does_nothing(text: str) -> None:
    tokens = PARSER.parse(escape(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    kinds = {child.type for child in tokens[1].children or []}
    assert kinds <= {"text", "text_special"}
    shown = "".join(child.content for child in tokens[1].children or [])
    assert shown == " ".join(text.split())


def test_nobody_is_mentioned_and_no_issue_is_linked() -> None:
    assert escape("ask @octocat about #12") == "ask @<!-- -->octocat about #<!-- -->12"


def test_a_cell_with_a_pipe_stays_one_cell() -> None:
    text = render(hostile())
    rows = [line for line in text.splitlines() if line.startswith("| ") and "script" in line]
    assert rows
    tables = [token for token in PARSER.parse(text) if token.type == "html_block"]
    assert all("<script" not in token.content for token in tables)


@pytest.mark.parametrize("summary", [crowded(), hostile()], ids=["crowded", "hostile"])
def test_no_limit_is_passed_and_what_is_left_out_is_counted(summary: Summary) -> None:
    assert len(render(summary)) < 65_000
    assert len(github_summary.render(summary).encode()) < 64 * 1024
    assert render(summary).count("<details>") == render(summary).count("</details>") > 0


def test_what_did_not_fit_is_counted() -> None:
    text = render(crowded())
    rows = text.count("| ✕ **FAIL** | ")
    left_out = re.search(r"(\d+) more are in the report", text)
    assert left_out is not None
    assert rows + int(left_out[1]) == 2000


def test_the_step_summary_has_the_same_tables_without_the_marker() -> None:
    assert github_summary.render(demo()) == render(demo()).removeprefix(MARKER + "\n")
