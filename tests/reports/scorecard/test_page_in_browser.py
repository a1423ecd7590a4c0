"""The scorecard's page in a real browser that has no network."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.checks import audit
from reports.scorecard.html import render
from tests.reports.scorecard.examples import broken, card, hostile, kept, promise
from tests.reports.test_page_in_browser import Opened, browser, opening  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow


@pytest.fixture
def opened(browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:  # noqa: F811
    with opening(browser, tmp_path, render) as open_page:
        yield open_page


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("example", [broken, hostile])
def test_a_page_asks_for_nothing_complains_of_nothing_and_fits(opened, example, width: int) -> None:
    found = opened(example(), viewport={"width": width, "height": 900})
    assert [url.split(":")[0] for url in found.requests] == ["file"]
    assert found.complaints == []
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_everything_that_the_docs_say_of_every_check_fits(opened, width: int) -> None:
    every = [promise(name, audit.load(name).group) for name in audit.names()]
    page = opened(card(every, "PASS", 0), viewport={"width": width, "height": 900}).page
    page.evaluate("for (const row of document.querySelectorAll('details')) row.open = true")
    assert page.locator(".manual > div:visible").count() == len(every)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_row_opens_by_keyboard_and_the_gauge_leads_to_its_group(opened) -> None:
    page = opened(kept()).page
    row = page.locator("#check-reports_usage")
    assert not row.locator("dl").is_visible()
    row.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert row.locator("dl").is_visible()
    page.locator(".gauges a").nth(3).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#group-errors"


def test_a_reader_sees_only_the_broken_promises_on_request(opened) -> None:
    page = opened(broken()).page
    page.get_by_role("button", name="FAIL 2").click()
    assert page.locator(".check:visible").count() == 2
    assert not page.locator("#group-limits").is_visible()
    page.get_by_role("button", name="all 13").click()
    assert page.locator(".check:visible").count() == 13


def test_a_link_to_a_hidden_promise_shows_and_opens_it(opened) -> None:
    page = opened(broken()).page
    page.get_by_role("button", name="FAIL 2").click()
    id = page.locator(".check[data-state=PASS]").first.get_attribute("id")
    page.evaluate(f"location.hash = '#{id}'")
    page.wait_for_function(f"document.getElementById('{id}').open")
    assert page.locator(f"#{id} dl").is_visible()


def test_without_scripts_everything_can_be_read_and_on_paper_every_row_is_open(opened) -> None:
    page = opened(broken(), java_script_enabled=False).page
    assert page.locator(".check").count() == 13
    assert not page.locator(".choose").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".check[data-state=PASS] dl").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_dark_and_light_differ(opened) -> None:
    grounds = [
        opened(broken(), color_scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert grounds[0] != grounds[1]


def test_the_scorecard_can_be_saved_from_the_page(opened, tmp_path: Path) -> None:
    page = opened(broken()).page
    with page.expect_download() as download:
        page.get_by_role("button", name="audit.json").click()
    download.value.save_as(tmp_path / "audit.json")
    assert '"schema": "streamproof.audit/1"' in (tmp_path / "audit.json").read_text("utf-8")
