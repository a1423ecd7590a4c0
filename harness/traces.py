"""A run's streams as OpenTelemetry spans, by the semantic conventions for generative AI.

One trace a stream, one client span an attempt in it, with an event at the first token. They are made from
the run folder after the run, so that exporting costs the measurement nothing. Stamps are monotonic; they
become wall time by the run's start, which is known to the second.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from harness.metrics.run_data import RunData

SCOPE = "streamproof"
_EVENTS = {"first_byte_ns": "streamproof.first_byte", "first_content_ns": "gen_ai.first_token"}
_NOT_AN_ERROR = ("completed", "cancelled")  # left by plan is what the plan wanted
_OPERATION = "chat"


class Attempt(NamedTuple):
    """One span before it is one. Instants are ns of wall time."""

    stream: int
    name: str
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    events: list[tuple[str, int]]
    error: str  # empty for none


def attempts(run: RunData) -> Iterator[Attempt]:
    """Every attempt, in order of stream and attempt."""
    shift_ns = _wall_minus_clock(run)
    rows = run.streams.sort_values(["stream", "attempt"], kind="stable")
    columns = [name for name in rows.columns if not name.startswith("read_")]
    for row in rows[columns].to_dict("records"):
        yield _attempt({str(key): None if _missing(value) else value for key, value in row.items()}, shift_ns)


def _missing(value: Any) -> bool:
    return bool(pd.isna(value))


def _wall_minus_clock(run: RunData) -> int:
    if run.facts.wall_minus_clock_ns is not None:
        return run.facts.wall_minus_clock_ns
    started = datetime.fromisoformat(run.facts.started_utc)  # right to the second
    return int(started.timestamp()) * 1_000_000_000 - run.facts.started_ns


def _attempt(row: dict[str, Any], shift_ns: int) -> Attempt:
    start = int(row["intended_ns"])
    end = max(int(row["closed_ns"] or start), start)
    outcome, model = str(row["outcome"]), str(row["model"] or "")
    failed = outcome not in _NOT_AN_ERROR
    told = {
        "gen_ai.operation.name": _OPERATION,
        "gen_ai.provider.name": row["dialect"],
        "gen_ai.request.model": model,
        "gen_ai.output.type": "text",
        "gen_ai.response.finish_reasons": [row["finish_reason"]] if row["finish_reason"] else None,
        "gen_ai.usage.input_tokens": row["input_tokens"],
        "gen_ai.usage.output_tokens": row["output_tokens"],
        "http.response.status_code": row["status"],
        "error.type": (row["detail"] or outcome) if failed else None,
        "streamproof.stream": row["stream"],
        "streamproof.attempt": row["attempt"],
        "streamproof.phase": row["phase"],
        "streamproof.cohort": row["cohort"],
        "streamproof.outcome": outcome,
        "streamproof.tokens": row["tokens"],
    }
    return Attempt(
        int(row["stream"]),
        f"{_OPERATION} {model}".strip(),
        start + shift_ns,
        end + shift_ns,
        {name: value for name, value in told.items() if value not in (None, "")},
        [(name, int(row[stamp]) + shift_ns) for stamp, name in _EVENTS.items() if row[stamp] is not None],
        str(row["error"] or row["detail"] or outcome) if failed else "",
    )


def export(run: RunData, exporter: Any) -> int:
    """Send all spans through an OpenTelemetry span exporter; returns how many attempts they are.

    Raises ImportError where the extra `otel` is not installed.
    """
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": SCOPE, "service.instance.id": run.facts.id})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    processor = BatchSpanProcessor(exporter, max_queue_size=4096)
    provider.add_span_processor(processor)
    tracer = provider.get_tracer(SCOPE)
    count = 0
    for group in _by_stream(attempts(run)):
        # Queues of exporters drop what does not fit, without a word.
        if count % 1024 + len(group) >= 1024:
            processor.force_flush()
        first, last = group[0], group[-1]
        root = tracer.start_span(
            "stream", start_time=first.start_ns, context=trace.set_span_in_context(trace.INVALID_SPAN),
            attributes={"streamproof.stream": first.stream, "streamproof.run": run.facts.id},
        )  # fmt: skip
        for attempt in group:
            _span(tracer, trace, root, attempt)
        if last.error:
            root.set_status(trace.Status(trace.StatusCode.ERROR, last.error))
        root.end(max(attempt.end_ns for attempt in group))
        count += len(group)
    provider.shutdown()
    return count


def _span(tracer: Any, trace: Any, root: Any, attempt: Attempt) -> None:
    span = tracer.start_span(
        attempt.name, context=trace.set_span_in_context(root), kind=trace.SpanKind.CLIENT,
        attributes=attempt.attributes, start_time=attempt.start_ns,
    )  # fmt: skip
    for name, at_ns in attempt.events:
        span.add_event(name, timestamp=at_ns)
    if attempt.error:
        span.set_status(trace.Status(trace.StatusCode.ERROR, attempt.error))
    span.end(attempt.end_ns)


def _by_stream(found: Iterator[Attempt]) -> Iterator[list[Attempt]]:
    group: list[Attempt] = []
    for attempt in found:
        if group and group[0].stream != attempt.stream:
            yield group
            group = []
        group.append(attempt)
    if group:
        yield group
