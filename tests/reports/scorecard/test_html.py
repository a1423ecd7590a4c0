"""The page of a scorecard as text: complete, escaped, self-contained, the same every time."""

import base64
import hashlib
import html
import json
import re

import pytest

from reports.scorecard import manual
from reports.scorecard.html import render, ticked
from tests.reports.scorecard.examples import EVERY, broken, hostile, interrupted, invalid, kept, nothing
from tests.reports.test_html import Page


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_a_page_is_whole_links_only_within_itself_and_is_the_same_twice(example) -> None:
    text = render(example())
    page = Page(text)
    assert text == render(example())
    assert len(page.ids) == len(set(page.ids))
    inside = [address for address in page.addresses if not address.startswith(("https://", "data:"))]
    assert {address.removeprefix("#") for address in inside} <= set(page.ids)
    assert page.handlers == []
    assert "style=" not in text.partition("<body>")[2].partition("<script")[0]


@pytest.mark.parametrize("example", [broken, hostile])
def test_style_and_script_are_the_ones_that_the_policy_names(example) -> None:
    text = render(example())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = html.unescape(policy[1])
    allowed = set(re.findall(r"sha256-([\w+/=]+)", rules))
    found = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", text, re.DOTALL)
    assert {base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in found} == allowed
    assert len(allowed) == 2
    assert "unsafe" not in rules
    assert rules.startswith("default-src 'none'; ")


def test_each_group_has_a_gauge_whose_words_say_the_same() -> None:
    text = render(broken())
    assert 'aria-label="latency: 50 of 100"' in text
    assert 'stroke-dasharray="50 100"' in text
    assert 'aria-label="observability: no score"' in text
    assert text.count('<svg class="ring"') == 6


def test_a_row_tells_promise_evidence_fix_how_and_where_to_read_on() -> None:
    page = Page(render(broken()))
    for part in (
        "The system does not hold back.",
        "30 of 30 tokens arrived in one read",
        "(seen 604 ms, limit 50.0 ms)",
        "proxy_buffering off",
        "One question looks whether the system does not hold back.",
        "streamproof audit mine.yaml --only does_not_hold_back",
        "docs/audit-checks.md#does_not_hold_back",
        "300, 301",
    ):
        assert part in page.text, part


def test_only_broken_promises_are_open_at_first() -> None:
    rows = re.findall(r'data-state="([A-Z ]+)"( open)?>', render(broken()))
    assert {state for state, opened in rows if opened} == {"FAIL"}
    assert sum(state == "FAIL" for state, _ in rows) == 2


def test_doubts_are_flagged_in_the_banner() -> None:
    assert "up to 240 ms late" in render(invalid()).partition('class="gauges"')[0]
    assert "The audit was interrupted." in render(interrupted()).partition('class="gauges"')[0]
    assert 'class="flag"' not in render(kept())


def test_an_audit_that_asked_nothing_still_has_a_page() -> None:
    assert "0 of 0 promises" in Page(render(nothing())).text


def test_the_data_is_the_scorecard() -> None:
    data = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', render(hostile()), re.DOTALL
    )
    assert data is not None
    assert json.loads(data[1])["schema"] == "streamproof.audit/1"


def test_markup_of_a_system_is_text() -> None:
    text = render(hostile())
    assert "<script>alert" not in text
    assert Page(text).scripts[0].lstrip().startswith("{")
    assert len(Page(text).scripts) == 2
    assert "49" not in Page(text).text  # {{ 7*7 }} is not evaluated


def test_words_in_backticks_are_code_and_nothing_else_is_markup() -> None:
    assert ticked("set `a<b` & go") == "set <code>a&lt;b</code> &amp; go"
    assert ticked("one ` alone") == "one ` alone"


def test_the_docs_about_a_check_are_in_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    about = {"reports_usage": manual.html("Says **how many** tokens.")}
    monkeypatch.setattr(manual, "sections", lambda: about)
    text = render(broken())
    assert text.count("What this check means") == 1
    assert "<p>Says <strong>how many</strong> tokens.</p>" in text
