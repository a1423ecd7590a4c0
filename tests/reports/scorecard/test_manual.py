"""The docs inside the page."""

from pathlib import Path

import pytest

from reports.scorecard import manual


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def write(text: str | None) -> dict[str, str]:
        path = tmp_path / "audit-checks.md"
        if text is not None:
            path.write_text(text, "utf-8")
        monkeypatch.setattr(manual, "PAGE", path)
        manual.sections.cache_clear()
        return dict(manual.sections())

    yield write
    manual.sections.cache_clear()


def test_each_section_is_found_by_its_check_and_empty_ones_are_not(page) -> None:
    text = "# Page\n\n## first_check\n\nIt is *so*.\n\n## second_check\n\n## How to read\n\nNot a check."
    assert page(text) == {"first_check": "<p>It is <em>so</em>.</p>\n"}


def test_without_the_page_there_are_no_sections(page) -> None:
    assert page(None) == {}


def test_raw_html_and_pictures_stay_text() -> None:
    shown = manual.html("<script>alert(1)</script> ![a](b.png)")
    assert "<script" not in shown
    assert "<img" not in shown


def test_links_to_the_web_stay_and_others_keep_only_their_words() -> None:
    shown = manual.html("[spec](https://example.org/x) and [page](audit.md) and [bad](javascript:x)")
    assert '<a href="https://example.org/x" rel="noreferrer">spec</a> and page and ' in shown
    assert shown.count("<a ") == 1


def test_a_fence_and_a_list_are_rendered() -> None:
    assert "<pre><code" in manual.html("```nginx\nproxy_buffering off;\n```")
    assert "<li>one</li>" in manual.html("- one\n- two")
