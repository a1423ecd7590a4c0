"""What each name in a report means, with its formula. Clock points t0 to t11 are those of `record.py`."""

from typing import NamedTuple


class Definition(NamedTuple):
    label: str
    formula: str
    meaning: str


METRICS: dict[str, Definition] = {
    "ttft_user": Definition(
        "TTFT",
        "t7 − t0",
        "Time to first token as the user felt it: from the moment the schedule wanted the stream to the "
        "first non-empty text, reasoning or tool fragment. Role chunks, pings and comments do not count.",
    ),
    "ttft_service": Definition(
        "TTFT from sent", "t7 − t3", "The same end, counted from the last byte of the request."
    ),
    "ttfo_user": Definition(
        "Time to first visible text", "t8 − t0", "As TTFT, but reasoning and tool calls do not count."
    ),
    "ttfo_service": Definition(
        "First visible text, from sent", "t8 − t3", "The same end, counted from the last byte of the request."
    ),
    "ttfb_user": Definition("Time to first byte", "t5 − t0", "Heartbeats can make it small."),
    "ttfb_service": Definition("First byte, from sent", "t5 − t3", "Heartbeats can make it small."),
    "ttfe_user": Definition(
        "Time to first event", "t6 − t0", "The first frame with data, role chunks included."
    ),
    "ttfe_service": Definition("First event, from sent", "t6 − t3", "The first frame with data."),
    "e2e_last_user": Definition("Time to last token", "t9 − t0", "From intended start to the last content."),
    "e2e_last_service": Definition(
        "Last token, from sent", "t9 − t3", "From the request to the last content."
    ),
    "e2e_term_user": Definition(
        "Time to whole answer", "t10 − t0", "From intended start to the end marker of the answer."
    ),
    "e2e_term_service": Definition(
        "Whole answer, from sent", "t10 − t3", "From the request to the end marker."
    ),
    "gap": Definition(
        "Gap between events",
        "c(i) − c(i−1)",
        "Time between two neighbouring content events, pooled over streams. Events are not tokens.",
    ),
    "max_gap": Definition(
        "Longest gap of a stream",
        "max(c(i) − c(i−1), t11 − t9 if unfinished)",
        "A stream that never ended properly adds its open silence, so the worst stalls do not vanish.",
    ),
    "tpot": Definition(
        "Time per token", "(t9 − t7) / (n − 1)", "Mean time per output token after the first."
    ),
    "dispatch_delay": Definition(
        "Dispatch delay",
        "t1 − t0",
        "How late our own users started. The harness's fault, never the system's.",
    ),
    "pool_wait": Definition(
        "Wait for a connection", "t2 − t1", "Connecting, or waiting for a free connection."
    ),
    "send": Definition("Sending the request", "t3 − t2", "Slow uplinks show here."),
    "tail": Definition("Tail", "t10 − t9", "From the last content to the end marker."),
    "added_ttft": Definition(
        "TTFT added by the system",
        "(t7 − t3) − (e1 − m1)",
        "The user's wait minus the provider's own: what stood in between added.",
    ),
    "token_delay": Definition(
        "Token delay", "c(i) − e(i)", "From a token's emission by the provider to its arrival at the user."
    ),
    "upstream_abort": Definition(
        "Abort reaches the provider",
        "provider's close − t11",
        "From the user's leaving to the provider noticing. Tokens emitted in between are wasted.",
    ),
    "stall_ratio": Definition(
        "Stall ratio",
        "reader's waiting / (c(n) − a(1))",
        "Share of the reading time that a reader of 5.3 tokens a second spends waiting for text.",
    ),
    "reader_stall": Definition(
        "Reader's waiting", "Σ waiting", "Time in which a reader of 5.3 tokens a second has nothing to read."
    ),
    "gap_stall_share": Definition(
        "Time lost in gaps",
        "Σ excess of gaps / (t9 − t7)",
        "Share of the streaming time that lies in gaps beyond what is usual in the steady phases.",
    ),
    "fluidity": Definition(
        "Fluidity",
        "1 − missed / deadlines",
        "Share of token deadlines that were met (1 s for the first token, 40 ms for each later one), "
        "earliness carried over; one long gap misses many.",
    ),
}

WORDS: dict[str, str] = {
    "all / ok": "Two series of every percentile. In “all”, a stream that never got there counts as ∞; in "
    "“ok” it is left out. Promises are held against “all”.",
    "answer in one piece": "Asked for without streaming. First and last content arrive together, with the "
    "byte that completes it, so its TTFT is by definition the time to the whole answer, and it has no gaps "
    "and no time per token. The provider's part of that wait lasts until its last token.",
    "goodput ratio": "Streams that completed within every objective of their phase that can be asked of one "
    "stream, of all that were intended. Objectives on pooled gaps and on shares are left out.",
    "interval": "The two small numbers are a 95 % interval of the percentile itself, from the number of "
    "streams behind it.",
    "n too small": "A percentile is printed only where at least two values are expected beyond it with 99 % "
    "certainty: p50 needs 11 streams, p90 64, p95 130, p99 662, p99.9 6,636. “Thin” marks values just above.",
    "never reached": "Streams whose end stamp of a metric never came: refused, cut or out of time before it.",
    "outcome": "How an attempt ended; exactly one each. Completed means: end marker came, no error came, the "
    "text is whole to the token.",
    "tokens": "Numbered tokens of a known answer, counted at both ends. Frames are not tokens.",
    "wasted": "Tokens that the provider still emitted after the user had left.",
    "false success": "Answers that looked complete to the user although the provider had been cut off, "
    "failed, or sent something else. Must be 0.",
    "stalled": "Streams that are in a silence of more than one second.",
    "state": "PASS, FAIL, INCONCLUSIVE (too little evidence), INVALID (the harness cannot vouch for its own "
    "numbers), NOT MEASURED (needs the mock provider behind the system).",
}

TRUST: dict[str, str] = {
    "dispatch_delay": "Users started on time",
    "rate_achieved": "Offered load was really offered",
    "arrivals_shape": "Arrivals follow their law",
    "loop_lag": "The load generator kept up",
    "event_lateness": "Tokens came at once on the direct path",
    "mock_lateness": "The provider kept its own pace",
    "gc_pause": "Pauses of the garbage collector",
    "cpu": "Processor of the busiest load process",
    "throttled": "No quota of processor time was used up",
    "sockets": "This machine could open every connection",
    "descriptors": "File descriptors of the busiest process",
    "ports": "Ephemeral ports of the load machine",
    "conservation": "Every stream and token is accounted for",
    "littles_law": "Concurrency, rate and duration agree",
    "clock": "Nobody set the clock meanwhile",
    "events_per_worker": "Events per load process below its limit",
    "any_success": "At least one stream completed",
    "parts_alive": "Every part of the run stayed alive",
    "parts_complete": "No record was cut short",
    "records": "There are records at all",
    "loop_lag_max": "The load generator's longest pause",
    "steal": "Processor time taken by the machine's host",
    "read_lag": "Reads did not wait for their process",
    "kernel_stamps": "Arrivals were stamped by the kernel",
    "merged_stamps": "Reads kept apart what arrived apart",
    "network_lateness": "Network events came on time",
    "network_applied": "Network events took effect",
}

# The rows of the scoreboard that are always in sight; the others are a click away.
KEY_METRICS = (
    "ttft_user", "ttft_service", "e2e_term_user", "gap", "max_gap", "tpot", "stall_ratio", "fluidity",
)  # fmt: skip

FLOORS: dict[str, int] = {"p50": 11, "p90": 64, "p95": 130, "p99": 662, "p999": 6636}
PERCENTILES: dict[str, str] = {"p50": "p50", "p90": "p90", "p95": "p95", "p99": "p99", "p999": "p99.9"}


def label(metric: str) -> str:
    """A metric's name for people; an unknown one keeps its id."""
    known = METRICS.get(metric)
    return known.label if known else metric.replace("_", " ")
