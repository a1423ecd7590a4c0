"""The page as text: complete, escaped, self-contained, the same every time."""

import json
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser

import msgspec
import pytest

from harness.summary import CheckResult, Span, Summary
from reports.html import MAX_BYTES, render, slug
from reports.json_report import encode
from reports.page.chapters import (
    Lane,
    drawn_distributions,
    further_metrics,
    is_instant,
    key_metrics,
    label_place,
    tells_more,
)
from tests.reports.examples import (
    EVERY,
    compared,
    demo,
    empty,
    failing,
    hostile,
    interrupted,
    never_reached,
    one_stream,
)

ALL = [
    "verdict", "trust", "scoreboard", "distribution", "breakdown", "timeline", "gallery", "phases",
    "resilience", "provider", "faults", "checks", "again", "definitions",
]  # fmt: skip


class Page(HTMLParser):
    """What a reader and a browser get: ids, links, sections, scripts, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.sections: list[str] = []
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._inside = tag if tag in ("script", "style") else ""
        if values.get("id"):
            self.ids.append(values["id"] or "")
        self.addresses += [
            value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "action")
        ]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "section":
            self.sections.append(values["id"] or "")
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif not self._inside:
            self.text += " " + " ".join(data.split())


@cache
def rendered(example: Callable[[], Summary]) -> str:
    return render(example())


def page(summary: Summary) -> Page:
    return Page(render(summary))


def test_a_full_run_has_every_section_in_order() -> None:
    assert Page(rendered(demo)).sections == ALL


def test_sections_without_data_are_absent() -> None:
    assert Page(rendered(empty)).sections == ["verdict", "trust", "again", "definitions"]


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_every_page_stands_alone(example: Callable[[], Summary]) -> None:
    text = rendered(example)
    found = Page(text)
    assert len(found.ids) == len(set(found.ids))
    own = {"data:,"} | {
        address for address in found.addresses if address.startswith("data:image/png;base64,")
    }
    assert {address for address in found.addresses if not address.startswith("#")} == own
    assert {address[1:] for address in found.addresses if address.startswith("#")} <= set(found.ids)
    assert re.findall(r"@import|url\((?!#)|https?://(?!www\.w3\.org/)", text) == []
    assert found.handlers == []
    assert len(text.encode()) < MAX_BYTES
    assert "default-src 'none'" in text


def test_the_same_summary_gives_the_same_page() -> None:
    assert rendered(demo) == render(demo())


def test_markup_in_records_is_text_and_never_code() -> None:
    text = rendered(hostile)
    found = Page(text)
    assert "<script>alert" not in text
    assert "steady <script>alert(1)</script><b>&amp;" in found.text
    assert "{{ 7*7 }}]]>" in found.text
    assert len(found.scripts) == 2
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text)


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_the_data_in_the_page_is_the_summary(example: Callable[[], Summary]) -> None:
    assert json.loads(Page(rendered(example)).scripts[0]) == json.loads(encode(example()))


def test_failures_come_first_among_checks() -> None:
    text = Page(rendered(failing)).text
    assert text.index("57 of 27,150 tokens never arrived") < text.index("42,716 of 42,716 tokens arrived")
    assert "Flush after every event" in text


def test_a_fix_is_only_given_where_something_is_broken() -> None:
    broken = CheckResult(id="a", phase="", state="FAIL", promise="p", evidence="e", fix="turn it off and on")
    kept = msgspec.structs.replace(broken, state="PASS")
    assert "turn it off and on" in page(empty(checks=[broken])).text
    assert "turn it off and on" not in page(empty(checks=[kept])).text


def test_an_interrupted_run_says_so_and_names_the_dead() -> None:
    text = Page(rendered(interrupted)).text
    assert "This run was interrupted" in text
    assert "mock provider 2 (signal 9)" in text


def test_percentiles_print_with_interval_count_and_reason() -> None:
    summary = demo()
    value, low, high = summary.phases[1].metrics["ttft_user"].all["p95"]
    text = page(summary).text
    tile = f"TTFT p95, steady {value:.0f} ms 95 % interval {low:.0f} to {high:.0f}, n 236"
    assert tile in text
    assert "n too small (needs 662)" in text


def test_one_stream_is_too_few_for_any_percentile() -> None:
    text = Page(rendered(one_stream)).text
    assert "n too small (needs 11)" in text
    assert "too few streams: n 1" in text


def test_what_was_never_reached_prints_as_infinite() -> None:
    assert "TTFT p50, only ∞" in Page(rendered(never_reached)).text


def test_tokens_in_and_out_are_held_against_each_other() -> None:
    text = Page(rendered(demo)).text
    assert "42,716 = 42,716" in text
    assert "29,684 → 28,480 (1,204 after users had left)" in text


def test_the_limits_of_the_emulation_are_told_only_when_it_was_used() -> None:
    assert "there is no packet loss or reordering" in Page(rendered(demo)).text
    assert "there is no packet loss or reordering" not in Page(rendered(one_stream)).text


def test_ids_made_of_names_never_collide() -> None:
    assert slug("steady") == "steady"
    assert slug("a b") != slug("a-b") != slug("a/b")
    assert re.fullmatch(r"[A-Za-z0-9-]+", slug("<b> \x00 é"))


def test_a_lane_of_network_events_is_named_where_there_is_room() -> None:
    early, late = (
        Span(name="a", kind="outage", t0_s=1, t1_s=4),
        Span(name="b", kind="cut", t0_s=60, t1_s=60.5),
    )
    assert label_place(Lane("x", [early]), 80.0) == "left:5.000%"
    assert label_place(Lane("x", [late]), 80.0) == "right:25.000%"
    assert is_instant(late)
    assert not is_instant(early)


def test_a_kept_promise_of_nothing_wrong_needs_no_numbers() -> None:
    kept = CheckResult(id="a", phase="", state="PASS", promise="p", evidence="e", value=0.0, limit=0.0)
    assert not tells_more(kept)
    assert tells_more(msgspec.structs.replace(kept, state="FAIL"))
    assert tells_more(msgspec.structs.replace(kept, value=3.0))


def test_other_distributions_are_drawn_only_where_the_usual_ones_lack() -> None:
    spread = {"steady": [1.0, 2.0]}
    usual = {
        "ttft_service": spread,
        "zz": spread,
        "gap": spread,
        "ttft_user": spread,
        "max_gap": {"steady": []},
    }
    assert drawn_distributions(empty(distributions=usual)) == ["ttft_user", "gap"]
    assert drawn_distributions(empty(distributions={"zz": spread})) == ["zz"]
    assert drawn_distributions(empty()) == []


def test_metrics_beyond_the_usual_are_folded_away_and_not_lost() -> None:
    summary = empty(metrics={**demo().metrics, "zz": demo().metrics["ttft_user"]})
    assert list(further_metrics(summary)) == ["zz"]
    assert key_metrics(empty(metrics={"zz": demo().metrics["ttft_user"]})).keys() == {"zz"}


def test_the_limits_of_the_measurement_say_which_way_they_lie() -> None:
    text = page(demo()).text
    assert "Trusted while" in text
    assert re.search(r"3\.10 ms\s*at most 10 ms", text)
    assert re.search(r"581 streams\s*at least 1 stream", text)


def test_a_summary_that_did_not_say_it_shows_the_bare_limit() -> None:
    summary = demo()
    for check in summary.validity.checks:
        check.bound = ""
    assert re.search(r"3\.10 ms\s*limit 10 ms", page(summary).text)


def test_a_comparison_that_was_extended_shows_both_looks() -> None:
    text = " ".join(page(compared()).text.split())
    assert re.search(r"the first first-half 10 \S+ INCONCLUSIVE \S+ INCONCLUSIVE 0\.50 %", text)
    assert re.search(r"the second, after the extension r0 20 \S+ FAIL \S+ FAIL 1\.00 %", text)
    assert "at each look" in text
    assert "no second look" not in text


def test_an_extension_that_was_not_needed_is_said_not_to_have_been() -> None:
    summary = compared()
    assert summary.compare is not None
    summary.compare.looks = [msgspec.structs.replace(summary.compare.looks[0], state="PASS")]
    text = " ".join(page(summary).text.split())
    assert "There was no second look: it is taken only where the first leaves" in text
