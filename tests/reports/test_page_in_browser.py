"""The page in a real browser that has no network."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reports.html import render
from tests.reports.examples import EVERY, demo
from tests.reports.test_html import ALL

pytestmark = pytest.mark.slow

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator:
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Opened:
    """One page opened from a file, with everything that it asked for or complained about."""

    def __init__(self, browser, path: Path, **options) -> None:
        self.context = browser.new_context(offline=True, accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())

    def close(self) -> None:
        self.context.close()


@contextmanager
def opening(browser, folder: Path, render: Callable[[Any], str]) -> Iterator[Callable[..., Opened]]:
    """A way to render something and open its page; all of them are closed at the end."""
    pages: list[Opened] = []

    def open_page(shown: Any, **options) -> Opened:
        path = folder / f"page-{len(pages)}.html"
        path.write_text(render(shown), "utf-8")
        pages.append(Opened(browser, path, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def opened(browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    with opening(browser, tmp_path, render) as open_page:
        yield open_page


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_a_page_asks_for_nothing_complains_of_nothing_and_fits(opened, example, width: int) -> None:
    found = opened(example(), viewport={"width": width, "height": 900})
    assert [url.split(":")[0] for url in found.requests] == ["file"]
    assert found.complaints == []
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_section_is_there_to_be_seen(opened, width: int, scripts: bool) -> None:
    page = opened(demo(), viewport={"width": width, "height": 900}, java_script_enabled=scripts).page
    for section in ALL:
        assert page.locator(f"section#{section} h2").is_visible()
    charts = page.locator("#timeline svg.chart:visible")
    assert charts.count() == 7
    assert all(charts.nth(place).bounding_box()["width"] > 0.8 * (width - 150) for place in range(7))


@pytest.mark.parametrize("width", [390, 1280])
def test_text_in_charts_is_inside_them_and_large_enough(opened, width: int) -> None:
    page = opened(demo(), viewport={"width": width, "height": 900}).page
    outside, smallest = page.evaluate(
        """() => {
          let outside = [], smallest = 99;
          for (const svg of document.querySelectorAll("svg.chart")) {
            const box = svg.getBoundingClientRect();
            if (!box.width) continue;
            for (const text of svg.querySelectorAll("text")) {
              const own = text.getBoundingClientRect();
              smallest = Math.min(smallest, own.height);
              const beside = own.left < box.left - 1 || own.right > box.right + 1;
              const above = own.top < box.top - 1 || own.bottom > box.bottom + 1;
              if (beside || above) outside.push(text.textContent);
            }
          }
          return [outside, smallest];
        }"""
    )
    assert outside == []
    assert smallest >= 10


def test_dark_and_light_differ_and_both_keep_text_readable(opened) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page = opened(demo(), color_scheme=scheme).page
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        fill = page.evaluate("getComputedStyle(document.querySelector('svg.chart path[style*=completed], "
                             "svg.chart use[style*=completed]')).fill")  # fmt: skip
        assert fill.startswith("rgb")
    assert grounds["light"] != grounds["dark"]


def test_the_cursor_tells_one_second_of_every_row(opened) -> None:
    page = opened(demo()).page
    stack = page.locator(".stack")
    stack.focus()
    for _ in range(44):
        page.keyboard.press("ArrowRight")
    told = page.locator(".readout").inner_text()
    assert told.startswith("44 s")
    assert "mobile network" in told
    assert "18 reset" in told
    assert page.locator(".cursor").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_stretch_of_time_is_shown_alone_in_all_rows(opened, width: int) -> None:
    page = opened(demo(), viewport={"width": width, "height": 900}).page
    stack, shown = page.locator(".stack"), page.locator(".shown")
    figure = page.locator(".stack figure").nth(1)
    figure.scroll_into_view_if_needed()
    before = page.locator(".stack svg.chart:visible text").all_inner_texts()
    box = figure.bounding_box()
    height = box["y"] + box["height"] - 40
    page.mouse.move(box["x"] + box["width"] * 0.4, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, height, steps=4)
    page.mouse.up()
    end_s = float(stack.get_attribute("data-end"))
    low, high = (float(word.split()[0]) for word in shown.inner_text().split(" to "))
    assert 0.25 * end_s < low < high < 0.75 * end_s
    length = high - low
    assert 0.15 * end_s < length < 0.3 * end_s
    moved = page.locator(".stack svg.chart:visible g[transform^=matrix]")
    charts = page.locator(".stack svg.chart:visible")
    assert all(charts.nth(n).locator("g[transform^=matrix]").count() for n in range(charts.count()))
    assert moved.count() > charts.count()
    stack.focus()
    page.keyboard.press("+")
    low, high = (float(word.split()[0]) for word in shown.inner_text().split(" to "))
    assert high - low == pytest.approx(length / 2, abs=1.5)
    page.keyboard.press("0")
    assert shown.inner_text() == ""
    assert page.locator(".stack svg.chart:visible text").all_inner_texts() == before


def test_a_reader_chooses_one_series_of_percentiles(opened) -> None:
    page = opened(demo()).page
    ok_rows, all_rows = (
        page.locator("#scoreboard [data-series=ok]"),
        page.locator("#scoreboard [data-series=all]"),
    )
    assert not ok_rows.first.is_visible()
    page.get_by_role("button", name="ok only").click()
    assert ok_rows.first.is_visible()
    assert not all_rows.first.is_visible()
    page.get_by_role("button", name="both").click()
    assert ok_rows.first.is_visible()
    assert all_rows.first.is_visible()


def test_without_scripts_both_series_are_shown(opened) -> None:
    page = opened(demo(), java_script_enabled=False).page
    assert page.locator("#scoreboard [data-series=ok]").first.is_visible()
    assert not page.locator(".choose").is_visible()


def test_the_data_can_be_saved_from_the_page(opened, tmp_path: Path) -> None:
    page = opened(demo()).page
    with page.expect_download() as download:
        page.get_by_role("button", name="timeline.csv").click()
    download.value.save_as(tmp_path / "timeline.csv")
    lines = (tmp_path / "timeline.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("t_s,intended,started,in_flight")
    assert len(lines) == 79


def test_it_prints_to_pages_of_paper(opened) -> None:
    page = opened(demo()).page
    assert page.pdf(format="A4", print_background=False).startswith(b"%PDF")
