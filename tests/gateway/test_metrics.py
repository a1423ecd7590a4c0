import re

from gateway.metrics import Histogram, Metrics
from gateway.note import Note
from harness.dialects.events import Usage


def ended(outcome: str, first: float | None = None, tokens: int = 0) -> Note:
    note = Note("stream", 0.0)
    if first is not None:
        note.said(1, first)
        note.said(1, 1.2)
        note.usage = Usage(3, tokens)
    note.outcome = outcome
    note.over(2.0)
    return note


def values(text: str) -> dict[str, float]:
    found = re.findall(r"^(gateway\S+) (\S+)$", text, re.M)
    return {name: float(value) for name, value in found}


def test_it_counts_what_the_log_says():
    metrics = Metrics()
    for note in (ended("completed", 0.2, 21), ended("completed", 0.3, 9), ended("upstream_died")):
        metrics.begin()
        metrics.end(note)
    metrics.begin()
    found = values(metrics.text(queued=4))
    assert found['gateway_streams_total{endpoint="stream",outcome="completed"}'] == 2
    assert found['gateway_streams_total{endpoint="stream",outcome="upstream_died"}'] == 1
    assert found["gateway_tokens_total"] == 30
    assert (found["gateway_streams_open"], found["gateway_queue"]) == (1, 4)
    assert (found["gateway_ttft_seconds_count"], found["gateway_ttft_seconds_sum"]) == (2, 0.5)
    assert (found["gateway_stream_seconds_count"], found["gateway_stream_seconds_sum"]) == (3, 6)
    assert found['gateway_tokens_per_second_bucket{le="20"}'] == 2
    assert found["gateway_tokens_per_second_count"] == 2


def test_a_bucket_holds_what_is_at_its_bound_and_the_last_one_everything():
    histogram = Histogram("gateway_x", "X.", (1, 2.5))
    for value in (0.5, 1, 2, 99):
        histogram.add(value)
    assert histogram.lines() == [
        "# HELP gateway_x X.",
        "# TYPE gateway_x histogram",
        'gateway_x_bucket{le="1"} 2',
        'gateway_x_bucket{le="2.5"} 3',
        'gateway_x_bucket{le="+Inf"} 4',
        "gateway_x_sum 102.500000",
        "gateway_x_count 4",
    ]


def test_a_providers_words_cannot_break_a_line():
    metrics = Metrics()
    metrics.begin()
    metrics.end(ended('a"b\\c\nd'))
    assert 'outcome="a\\"b\\\\c\\nd"} 1\n' in metrics.text(0)


def test_a_provider_with_many_words_does_not_make_many_series():
    metrics = Metrics()
    for number in range(1000):
        metrics.begin()
        metrics.end(ended(f"code_{number}"))
    found = values(metrics.text(0))
    streams = {name: value for name, value in found.items() if name.startswith("gateway_streams_total")}
    assert len(streams) == 201
    assert streams['gateway_streams_total{endpoint="stream",outcome="other"}'] == 800
