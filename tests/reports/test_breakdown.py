"""The bars of the time to first token: one scale for all, every part named."""

from harness.summary import Decomposition
from reports.page.breakdown import bars, tip
from tests.reports.examples import demo, empty


def test_all_bars_share_one_scale_and_the_longest_is_full() -> None:
    points, _ = bars(demo())
    assert [round(sum(piece.share for piece in bar.pieces), 1) for bar in points.bars] == [6.5, 100.0]


def test_parts_are_in_the_order_of_time_and_unused_ones_have_no_key() -> None:
    points, owners = bars(demo())
    assert [words for words, _, _ in points.keys] == [
        "earlier attempts", "dispatch", "connect", "send", "wait", "first byte",
    ]  # fmt: skip
    assert [words for words, _, _ in owners.keys] == ["client", "network", "system", "provider"]


def test_only_what_the_ledger_told_has_owners() -> None:
    assert [bar.phase for bar in bars(demo())[1].bars] == ["steady"]
    alone = Decomposition(phase="p", group="typical", n=11, ttft_ms=5.0, parts={"wait": 5.0})
    assert [cut.title for cut in bars(empty(decomposition=[alone]))] == ["By clock point"]


def test_a_part_of_less_than_nothing_has_no_width_but_keeps_its_number() -> None:
    """The provider can have read a request before its sender stamped it."""
    odd = Decomposition(
        phase="p",
        group="slow",
        n=20,
        ttft_ms=9.0,
        parts={"wait": 9.0},
        owners={"system": -0.5, "provider": 9.5},
    )
    system, provider = bars(empty(decomposition=[odd]))[1].bars[0].pieces
    assert (system.share, system.ms) == (0.0, -0.5)
    assert tip(provider) == "provider: 9.50 ms"


def test_without_a_breakdown_there_are_no_bars() -> None:
    assert bars(empty()) == []
