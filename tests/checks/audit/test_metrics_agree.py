from typing import Any

import pytest

from harness.checks.audit.check import Heard, Terms
from harness.checks.audit.exposition import total
from harness.checks.audit.metrics_agree import CHECK
from harness.plan.audited import MetricNames
from tests.checks.audit import scenes
from tests.checks.audit.breaking import broken, error_event, finding, questions, state, unreached

ASKED = questions(CHECK)
WHOLE, BROKEN = ASKED[:-1], ASKED[-1]
TRUE: dict[str, float] = {
    'gateway_streams_total{endpoint="stream",outcome="completed"}': 3,
    'gateway_streams_total{endpoint="stream",outcome="upstream_died"}': 1,
    "gateway_tokens_total": sum(asked.tokens for asked in WHOLE),
    "gateway_streams_open": 0,
    "gateway_ttft_seconds_count": 4,
    "gateway_ttft_seconds_sum": sum(asked.ttft_ms for asked in ASKED) / 1000,
    "gateway_stream_seconds_count": 4,
    "gateway_stream_seconds_sum": sum(scenes.due_ms(asked, asked.tokens) for asked in WHOLE) / 1000
    + scenes.due_ms(BROKEN, 8) / 1000,
}


def text(values: dict[str, float], base: float = 0.0) -> str:
    lines = ["# HELP x y", "# TYPE x counter", 'gateway_ttft_seconds_bucket{le="+Inf"} 9']
    lines += [f"{name} {value + (0 if 'open' in name else base)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"


def read(values: dict[str, float] | None = None, base: float = 5.0, **more: Any) -> list[Heard]:
    """The check's questions, and metrics that grew from `base` by `values`."""
    both = {
        "metrics_before": text(dict.fromkeys(TRUE, 0.0), base),
        "metrics_after": text(TRUE if values is None else values, base),
        **more,
    }
    heard = [scenes.heard(asked, **both) for asked in WHOLE]
    return [*heard, broken(BROKEN, tokens=8, told=error_event(), **both)]


def test_metrics_that_grew_by_what_happened_pass() -> None:
    found = finding(CHECK, read())
    assert (found.state, found.value) == ("PASS", 0)
    assert "6 of 6 metrics agree with 4 streams" in found.evidence


def test_what_was_counted_before_does_not_count() -> None:
    assert state(CHECK, read(base=1_000.0)) == "PASS"
    assert state(CHECK, read(base=0.0, metrics_before="")) == "PASS"


def test_a_broken_answer_s_tokens_may_be_counted() -> None:
    assert state(CHECK, read({**TRUE, "gateway_tokens_total": TRUE["gateway_tokens_total"] + 8})) == "PASS"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ('gateway_streams_total{endpoint="stream",outcome="completed"}', 2, "3 streams counted"),
        ('gateway_streams_total{endpoint="stream",outcome="upstream_died"}', 0, "3 streams counted"),
        ("gateway_tokens_total", 45, "45 tokens of 133 to 141"),
        ("gateway_tokens_total", 200, "200 tokens"),
        ("gateway_streams_open", 1, "1 streams open at the end"),
        ("gateway_ttft_seconds_count", 3, "in 3 samples"),
        ("gateway_ttft_seconds_sum", 0.01, "time to first token 0.01 s"),
        ("gateway_ttft_seconds_sum", 1_400, "time to first token 1400.00 s"),
        ("gateway_stream_seconds_sum", 1.4, "total time 1.40 s"),
    ],
)
def test_metrics_that_grew_by_something_else_fail(name: str, value: float, says: str) -> None:
    found = finding(CHECK, read({**TRUE, name: value}))
    assert (found.state, len(found.streams)) == ("FAIL", 4)
    assert says in found.evidence


def test_a_broken_answer_counted_as_whole_fails() -> None:
    streams = 'gateway_streams_total{endpoint="stream",outcome="completed"}'
    other = 'gateway_streams_total{endpoint="stream",outcome="upstream_died"}'
    found = finding(CHECK, read({**TRUE, streams: 4, other: 0}))
    assert (found.state, "4 of 3 whole answers" in found.evidence) == ("FAIL", True)


def test_every_attempt_at_a_broken_answer_may_be_counted() -> None:
    more = {**TRUE, "gateway_tokens_total": TRUE["gateway_tokens_total"] + 16}
    heard = read(more)
    assert state(CHECK, heard) == "FAIL"
    heard[-1].ledger *= 2
    assert state(CHECK, heard) == "PASS"


def test_other_names_are_declared() -> None:
    names = MetricNames(
        streams="llm_requests", outcome="", tokens="out_tokens", ttft_s="", total_s="", open=""
    )
    values = {
        "llm_requests_total": 4.0,
        'out_tokens_total{model="a"}': 100.0,
        'out_tokens_total{model="b"}': 33.0,
    }
    found = finding(CHECK, read(values, base=0.0, metrics_before=""), Terms(metrics=names))
    assert (found.state, "2 of 2 metrics" in found.evidence) == ("PASS", True)


def test_metrics_that_are_not_there_say_nothing() -> None:
    assert state(CHECK, read(metrics_after=None)) == "INCONCLUSIVE"
    assert state(CHECK, read({"python_info": 1.0}, metrics_before="")) == "INCONCLUSIVE"
    assert state(CHECK, []) == "INCONCLUSIVE"


def test_questions_that_never_arrived_say_nothing() -> None:
    both = {"metrics_before": text(TRUE), "metrics_after": text(TRUE)}
    assert state(CHECK, [unreached(asked, **both) for asked in ASKED]) == "INCONCLUSIVE"


def test_the_text_format_is_read_as_it_is_written() -> None:
    page = (
        '# HELP a b\na_total{x="1",y="q\\"{}"} 2 1700000000\na_total{x="2"} 3e0\r\n'
        'a_bucket{le="+Inf"} 5\nnonsense\nb NaNs\na 100\n'
    )
    assert total(page, "a_total") == 5
    assert total(page, "a_total", x="1") == 2
    assert total(page, "a_total", x="3") is None
    assert total(page, "a_bucket", le="+Inf") == 5
    assert total(page, "b") is None
    assert total("a_total 7\n", "a") == 7
