"""What the sections say that the summary does not say outright."""

import msgspec
import pytest

from harness.summary import Metric, PhaseResult, Span, TwoSided
from reports.page.chapters import balance, tiles, two_sided_metrics
from tests.reports.examples import empty
from tests.reports.test_terminal import shown


def phase(**tokens: int | None) -> PhaseResult:
    return PhaseResult(span=Span(name="p", kind="steady", t0_s=0.0, t1_s=1.0), load="", **tokens)


@pytest.mark.parametrize(
    ("tokens", "kind", "words"),
    [
        ({"tokens_received": 9}, "none", "9 received"),
        ({"tokens_emitted": 9, "tokens_received": 9}, "pass", "9 = 9"),
        ({"tokens_emitted": 9, "tokens_received": 7}, "open", "9 → 7 (2 never arrived)"),
        ({"tokens_emitted": 7, "tokens_received": 9}, "open", "7 → 9 (2 too many)"),
        (
            {"tokens_emitted": 9, "tokens_received": 7, "wasted_tokens": 2},
            "none",
            "9 → 7 (2 after users had left)",
        ),
        (
            {"tokens_emitted": 12_000, "tokens_other": 5_000, "tokens_received": 7_000},
            "pass",
            "7,000 = 7,000; 5,000 more of reasoning and tool calls",
        ),
        (
            {"tokens_emitted": 14, "tokens_other": 5, "tokens_received": 7},
            "open",
            "9 → 7 (2 never arrived); 5 more of reasoning and tool calls",
        ),
    ],
)
def test_the_text_of_both_ends_is_weighed_and_the_rest_told_beside_it(tokens, kind, words) -> None:
    assert balance(phase(**tokens)) == (kind, words)


def test_a_provider_that_thought_is_not_said_to_have_lost_its_thoughts() -> None:
    two = TwoSided(attempts_upstream=1, tokens_emitted=14, tokens_other=5, tokens_received=9)
    summary = msgspec.structs.replace(empty(), two_sided=two)
    assert tiles(summary)[-1].note == (
        "of 9 emitted beside 5 of reasoning and tool calls; 0 wasted after the user had left"
    )
    assert "14 tokens emitted (5 of reasoning and tool calls), 9 received" in shown(summary)


def test_a_metric_without_a_value_is_not_a_row() -> None:
    one, none = (Metric(unit="ms", n=n, censored=0) for n in (1, 0))
    two = TwoSided(added_ttft=one, token_delay=None, upstream_abort=none)
    assert list(two_sided_metrics(two)) == ["added_ttft"]
