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
                phase="ride", fault="network cut rst", broken=12, streams=12, asked_again=11, recovered=10,
                recover_user=back, gave_up=2, tokens_lost=7, regenerated_tokens=431, wasted_tokens=3,
                cost=0.25,
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


def source(page: str, id: str) -> str:
    return page.split(f'id="{id}-title"', 1)[1].split("</section>", 1)[0]


def text(page: str, id: str = "recovery") -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", source(page, id)).split())


def test_the_chapter_has_the_numbers_of_the_summary():
    said = text(render(with_recovery()))
    for part in ("network cut rst", "2 of 12 never", "10 / 2", "431 costs 0.25", "12 streams of 36"):
        assert part in said, said


def test_the_same_users_on_other_networks_are_a_chapter_of_their_own():
    page = render(with_recovery())
    assert "+190" in text(page, "arms")
    assert "idle <b>" not in source(page, "arms")
    assert 'id="recovery-title"' not in render(
        msgspec.structs.replace(with_recovery(), recovery=[], reconnects=[])
    )


def test_users_who_never_ask_again_are_a_sentence_and_not_a_table_of_never():
    rows = [
        Recovery(phase="ride", fault="network cut rst", broken=11, streams=11, gave_up=11, tokens_lost=17),
        Recovery(phase="ride", fault="network cut fin", broken=12, streams=12, gave_up=12, tokens_lost=25),
    ]
    said = text(render(msgspec.structs.replace(demo(), recovery=rows)))
    assert "broke 23 attempts, and nobody asked again" in said
    assert "42 tokens" in said
    assert "never" not in said
    unseen = [msgspec.structs.replace(row, tokens_lost=None) for row in rows]
    assert "provider" not in text(render(msgspec.structs.replace(demo(), recovery=unseen)))


def test_what_another_chapter_says_of_a_phase_is_not_said_again():
    said = text(render(with_recovery()), "resilience").lower()
    assert "whole answers" in said
    for elsewhere in ("wasted", "requests a stream", "provider noticed"):
        assert elsewhere not in said


def test_where_nobody_came_back_there_is_no_chapter():
    bare = msgspec.structs.replace(demo(), recovery=[], reconnects=[], arms=[])
    assert 'id="recovery-title"' not in render(bare)
