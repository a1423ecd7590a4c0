"""The tab in Locust's own web page, in a real browser, while streams run."""

import shutil
import socket
import time

import pytest

from harness.stack.part import free_port
from tests.load.locusts import CHAT, answer, running
from tests.misbehaving import Misbehaving

pytestmark = pytest.mark.slow

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module", params=[[], ["--processes", "2"]], ids=["local", "master"])
def opened(request, tmp_path_factory):
    """(browser page, address) of a Locust that streams until the test is over."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    port, cwd = free_port(), tmp_path_factory.mktemp("locust")
    words = [
        "--web-host",
        "127.0.0.1",
        "--web-port",
        str(port),
        "--autostart",
        "-u",
        "4",
        "-r",
        "4",
        *request.param,
    ]
    if request.param:
        words += ["--master-bind-host", "127.0.0.1", "--master-bind-port", str(free_port()),
                  "--master-port", str(free_port())]  # fmt: skip
    if "--master-port" in words:
        words[words.index("--master-port") + 1] = words[words.index("--master-bind-port") + 1]
    with (
        Misbehaving(answer()) as server,
        running(*words, "--host", server.url, file=CHAT, cwd=cwd) as process,
    ):
        while process.poll() is None:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page()
            page.complaints = []
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            yield page, f"http://127.0.0.1:{port}"
            browser.close()


def test_the_tab_shows_first_tokens_streams_in_flight_and_outcomes(opened):
    page, address = opened
    page.goto(address)
    page.get_by_role("tab", name="Streams").click()
    page.get_by_text("streams in flight").wait_for()
    row = page.locator("tr", has_text="completed")
    row.wait_for(timeout=20_000)
    assert int(row.locator("td").nth(1).inner_text().replace(",", "")) > 0
    first = page.locator("tr", has_text="TTFT p50").locator("td").nth(1)
    page.wait_for_function(
        "text => /^[0-9,]+$/.test(text.innerText)", arg=first.element_handle(), timeout=20_000
    )


def test_the_charts_grow_while_the_test_runs(opened):
    page, address = opened
    page.goto(f"{address}/streamproof")
    page.get_by_role("heading", name="Streams in flight").wait_for()
    points = "document.querySelector('polyline').getAttribute('points').split(' ').length"
    before = page.evaluate(points)
    page.wait_for_function(f"{points} > {before}", timeout=20_000)
    page.wait_for_function(
        "[...document.querySelectorAll('polyline.c')].every((line) => line.getAttribute('points').length > 0)"
    )
    assert page.complaints == []


def test_locusts_own_numbers_are_still_in_its_answer(opened):
    page, address = opened
    answer = page.request.get(f"{address}/stats/requests").json()
    assert {"stats", "state", "user_count"} <= answer.keys()
    (ours,) = answer["extended_stats"]
    assert ours["key"] == "streams"
    assert ours["data"][0]["name"] == "streams in flight"
