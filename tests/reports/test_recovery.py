"""The chapter on users who come back: there where somebody did, with the numbers of the summary."""

import re

import msgspec

from harness.summary import Arm, Reconnects, Recovery, Spread, Summary
from reports.html import render
from tests.reports.examples import demo


def with_recovery() -> Summary:
    back = Spread(n=12, censored=2, cohorts=3, p50=660.7, low=640.0, high=702.0)
    return msgspec.structs.replace(
        demo(),
        recovery=[
            Recovery(
                phase="ride", fault="network cut rst", broken=12, streams=12, recover_user=back, recovered=10,
                gave_up=2, tokens_lost=7, regenerated_tokens=431, wasted_tokens=3, cost=0.25,
            )
        ],
        reconnects=[Reconnects(phase="ride", streams=36, retried=12, recovered=10, herd_peak_per_s=9)],
        arms=[
            Arm(phase="idle <b>", kind="idle", against="idle <b>", values={"ttft_user p50": 100.0}),
            Arm(
                phase="road", kind="journey", against="idle <b>", values={"ttft_user p50": 290.0},
                differences={"ttft_user p50": 190.0},
            ),
        ],
    )  # fmt: skip


def text(page: str) -> str:
    chapter = page.split('id="recovery-title"', 1)[1].split("</section>", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", chapter).split())


def test_the_chapter_has_the_numbers_of_the_summary():
    said = text(render(with_recovery()))
    for part in ("network cut rst", "2 of 12 never", "10 / 2", "3 / 431", "12 streams of 36", "+ 190"):
        assert part.replace("+ ", "+") in said.replace("+ ", "+"), said


def test_names_with_markup_are_text():
    assert "idle <b>" not in render(with_recovery()).split('id="recovery-title"', 1)[1].split("</section>")[0]


def test_where_nobody_came_back_there_is_no_chapter():
    bare = msgspec.structs.replace(demo(), recovery=[], reconnects=[], arms=[])
    assert 'id="recovery-title"' not in render(bare)
