"""The comment under a pull request."""

import pytest
from markdown_it import MarkdownIt

from reports.scorecard.markdown import MARKER, MAX_BYTES, render
from tests.reports.scorecard.examples import EVERY, broken, hostile, huge, interrupted, invalid, kept

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_every_comment_begins_with_the_marker_and_is_small_enough(example) -> None:
    text = render(example())
    assert text.startswith(MARKER + "\n### Streamproof audit: ")
    assert len(text.encode()) <= MAX_BYTES
    assert text.count("<details>") == text.count("</details>")


def test_broken_promises_are_in_sight_with_their_fix_before_anything_folded() -> None:
    seen = render(broken()).split("<details>")[0]
    assert "✕ **FAIL** · 82 of 100" in seen
    assert "**2 broken promises**" in seen
    assert "**Fix:** Set \\`proxy\\_buffering off\\` in nginx" in seen
    assert "| ✕ latency | 50 | 1 kept, 1 broken, 1 open |" in seen
    assert "logs\\_true\\_ttft" not in seen


def test_what_was_kept_is_folded() -> None:
    assert "<summary>Kept (13)</summary>" in render(kept())


def test_what_does_not_fit_is_counted() -> None:
    text = render(huge())
    assert "**100 broken promises**" in text
    assert "<summary>Further broken promises (90)</summary>" in text
    assert "more are in the report." in text


def test_doubts_are_in_sight() -> None:
    assert "**The audit cannot vouch" in render(invalid()).split("<details>")[0]
    assert "**The audit was interrupted." in render(interrupted()).split("<details>")[0]


def test_text_of_a_system_makes_no_markup_link_or_mention() -> None:
    text = render(hostile())
    assert "<script" not in text
    assert "@octocat" not in text
    raw = {
        child.content
        for token in PARSER.parse(text)
        for child in token.children or []
        if child.type == "html_inline"
    }
    assert raw <= {"<code>", "</code>", "<!-- -->"}
