"""Which sections a page has, and what they show that the summary does not say outright."""

import math
from typing import Any, NamedTuple

from harness.summary import CheckResult, Metric, PhaseResult, Span, Summary, TwoSided
from reports.definitions import KEY_METRICS, METRICS
from reports.numerals import NEVER, NOTHING, counted, number, seconds, share

_HEADLINES = ("ttft_user", "ttft_service")
_DRAWN = ("ttft_user", "ttft_service", "max_gap", "gap", "token_delay")
_DISTRIBUTIONS = 3  # pictures are the slow part of a page


class Chapter(NamedTuple):
    id: str
    title: str


class Tile(NamedTuple):
    """One number of the head of the scoreboard."""

    label: str
    value: str
    unit: str
    note: str


class Lane(NamedTuple):
    """Network events of one cohort, as a row over the timeline."""

    cohort: str
    events: list[Span]


def of(summary: Summary) -> list[Chapter]:
    """The sections that have data, in order."""
    found = [
        ("verdict", "Verdict", True),
        ("trust", "Trust", True),
        ("capacity", "Capacity", summary.capacity is not None),
        ("comparison", "Comparison", summary.compare is not None),
        ("scoreboard", "Scoreboard", bool(summary.metrics) or bool(tiles(summary))),
        ("distribution", "Distribution", any(map(any, map(dict.values, summary.distributions.values())))),
        ("breakdown", "Breakdown", any(row.ttft_ms > 0 for row in summary.decomposition)),
        ("timeline", "Timeline", bool(summary.timeseries.t_s)),
        ("gallery", "Streams", bool(summary.gallery)),
        ("phases", "Phases", bool(summary.phases)),
        ("delivery", "Streaming or not", bool(summary.deliveries)),
        ("resilience", "Resilience", bool(summary.resilience)),
        ("recovery", "Coming back", bool(summary.recovery or summary.reconnects)),
        ("arms", "Other networks", bool(summary.arms)),
        ("provider", "Provider", summary.two_sided is not None),
        ("faults", "Faults", bool(summary.faults)),
        ("checks", "Checks", bool(summary.checks)),
        ("again", "Run it again", True),
        ("definitions", "Definitions", True),
    ]
    return [Chapter(id, title) for id, title, present in found if present]


def headline(summary: Summary) -> str:
    """The TTFT that the page puts first: the user's, where it was measured."""
    measured = [*summary.metrics, *summary.distributions, *(id for p in summary.phases for id in p.metrics)]
    return next((id for id in _HEADLINES if id in measured), _HEADLINES[0])


def drawn_distributions(summary: Summary) -> list[str]:
    """The metrics whose distribution is drawn: one TTFT, then gaps; something else only where these lack."""
    having = [metric for metric, phases in summary.distributions.items() if any(phases.values())]
    other_ttft = {"ttft_user", "ttft_service"} - {headline(summary)}
    wanted = [metric for metric in _DRAWN if metric in having and metric not in other_ttft]
    return wanted[:_DISTRIBUTIONS] or having[:1]


def tiles(summary: Summary) -> list[Tile]:
    """The numbers that people quote."""
    found = _ttft_tiles(summary) + _stream_tiles(summary)
    two = summary.two_sided
    if two is not None:
        found.append(
            Tile("False successes", number(two.false_success), "", "broken answers shown as whole; must be 0")
        )
        of = f"of {two.tokens_emitted - two.tokens_other:,} emitted"
        beside = f" beside {two.tokens_other:,} of reasoning and tool calls" if two.tokens_other else ""
        note = f"{of}{beside}; {two.wasted_tokens:,} wasted after the user had left"
        found.append(Tile("Tokens delivered", number(two.tokens_received), "", note))
    return found


def _ttft_tiles(summary: Summary) -> list[Tile]:
    metric, where = _headline_metric(summary)
    if metric is None:
        return []
    found = []
    for percentile in ("p50", "p95"):
        quantile = metric.all.get(percentile)
        if quantile is not None and quantile[0] is not None:
            unit = metric.unit if number(quantile[0]) != NEVER else ""
            count = f"n\N{NO-BREAK SPACE}{metric.n:,}"
            note = f"95 % interval {number(quantile[1])} to {number(quantile[2])}, {count}"
            if not unit:
                note = f"{metric.censored:,} of {metric.n:,} never got a token"
            found.append(Tile(f"TTFT {percentile}, {where}", number(quantile[0]), unit, note))
        else:
            found.append(Tile(f"TTFT {percentile}, {where}", NOTHING, "", f"too few streams: n {metric.n:,}"))
    return found


def _headline_metric(summary: Summary) -> tuple[Metric | None, str]:
    """TTFT of the steady phase with most streams: planned faults would drown it. Without one, of the run."""
    id = headline(summary)
    steady = [phase for phase in summary.phases if phase.span.kind == "steady" and id in phase.metrics]
    if steady:
        phase = max(steady, key=lambda phase: phase.metrics[id].n)
        return phase.metrics[id], phase.span.name
    return summary.metrics.get(id), "whole run"


def _stream_tiles(summary: Summary) -> list[Tile]:
    totals = outcome_totals(summary)
    found = []
    if totals:
        attempts, completed = sum(totals.values()), totals.get("completed", 0)
        note = f"{share(completed, attempts)} of {counted(attempts, 'attempt')}"
        found.append(Tile("Completed", number(completed), "", note))
    in_flight = summary.timeseries.in_flight
    if in_flight:
        found.append(
            Tile("Most streams at once", number(math.ceil(max(in_flight))), "", "mean of the busiest second")
        )
    return found


def outcome_totals(summary: Summary) -> dict[str, int]:
    """Outcomes of all attempts: as the summary counts them, else the sum of the phases."""
    counted = summary.streams.get("outcomes")
    if isinstance(counted, dict) and counted:
        return {str(name): count for name, count in counted.items() if isinstance(count, int)}
    totals: dict[str, int] = {}
    for phase in summary.phases:
        for name, count in phase.outcomes.items():
            totals[name] = totals.get(name, 0) + count
    return totals


def lanes(summary: Summary) -> list[Lane]:
    """Network events by cohort, in order of appearance."""
    found: dict[str, list[Span]] = {}
    for event in summary.events:
        found.setdefault(event.cohort, []).append(event)
    return [Lane(cohort, events) for cohort, events in found.items()]


def tells_more(check: CheckResult) -> bool:
    """Whether value and limit are worth a line: "0 of at most 0" of a kept promise is not."""
    if check.value is None and check.limit is None:
        return False
    return check.state != "PASS" or bool(check.value) or bool(check.limit)


def is_instant(event: Span) -> bool:
    """Cuts happen at once, however long their switch was held."""
    return event.kind == "cut" or event.t1_s <= event.t0_s


def label_place(lane: Lane, end_s: float) -> str:
    """Where a lane's name has room: left of its first event, or right of its last when that begins early."""
    first = min(event.t0_s for event in lane.events)
    last = max(event.t1_s for event in lane.events)
    if first >= end_s / 4:
        return f"right:{100 - 100 * first / end_s:.3f}%"
    return f"left:{100 * last / end_s:.3f}%"


def balance(phase: PhaseResult) -> tuple[str, str]:
    """Tokens at both ends of one phase as (class, sentence)."""
    if phase.tokens_emitted is None:
        return "none", f"{phase.tokens_received:,} received"
    other = phase.tokens_other or 0  # who counts what arrived counts text
    kind, words = _balance(phase, phase.tokens_emitted - other)
    return kind, f"{words}; {other:,} more of reasoning and tool calls" if other else words


def _balance(phase: PhaseResult, emitted: int) -> tuple[str, str]:
    missing = emitted - phase.tokens_received
    if missing == 0:
        return "pass", f"{emitted:,} = {phase.tokens_received:,}"
    if 0 < missing <= (phase.wasted_tokens or 0):
        word = f"{missing:,} after users had left"
        return "none", f"{emitted:,} → {phase.tokens_received:,} ({word})"
    word = f"{missing:,} never arrived" if missing > 0 else f"{-missing:,} too many"
    planned = phase.span.kind == "fault" and missing > 0  # cuts lose what is on the way; checks judge it
    return "none" if planned else "open", f"{emitted:,} → {phase.tokens_received:,} ({word})"


def span_times(span: Span) -> str:
    """`20 s to 50 s`, or one instant."""
    if span.t1_s <= span.t0_s:
        return f"at {seconds(span.t0_s)}"
    return f"{seconds(span.t0_s)} to {seconds(span.t1_s)}"


def params(values: dict[str, Any]) -> str:
    """Parameters of a span or of the environment in one line: `rate_kbps 400, tcp_rto yes`."""
    return ", ".join(f"{key} {plain(value)}" for key, value in values.items())


def plain(value: Any) -> str:
    """Any JSON value for people."""
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return NOTHING
        case float():
            return number(value)
        case dict():
            return params(value)
        case list():
            return ", ".join(plain(item) for item in value)
        case _:
            return str(value)


def nobody_asked_again(summary: Summary) -> str:
    """A sentence for users who took a broken answer as it was: a table of them would say never in each cell.
    Empty where somebody asked again, or nothing broke."""
    rows = summary.recovery
    if not rows or any(row.asked_again or row.recovered for row in rows):
        return ""
    broken = counted(sum(row.broken for row in rows), "attempt")
    written = [row.tokens_lost for row in rows if row.tokens_lost is not None]
    lost = (
        f" {counted(sum(written), 'token')} that the provider wrote for them reached nobody."
        if written
        else ""
    )
    return f"Network faults broke {broken}, and nobody asked again.{lost}"


def network_used(summary: Summary) -> bool:
    """Whether the run damaged the network, so that the limits of the emulation must be told."""
    return bool(summary.events) or any(phase.network for phase in summary.phases)


def network_notes(summary: Summary) -> str:
    """What this run says about its own emulation, e.g. how many cohorts, and lengths without a source."""
    cohorts = {event.cohort for event in summary.events if event.cohort}
    facts = [f"{len(cohorts)} cohorts" if len(cohorts) != 1 else "1 cohort"] if cohorts else []
    if any(event.params.get("assumed") for event in summary.events):
        facts.append("lengths marked “assumed” rest on no public measurement")
    network = summary.env.get("network")
    if isinstance(network, dict) and network:
        facts.append(params(network))
    return ", ".join(facts)


def other_metrics(summary: Summary) -> list[str]:
    """Metrics that some phase has, without the one that the scoreboard already shows by phase."""
    found = dict.fromkeys(id for phase in summary.phases for id in phase.metrics)
    return [id for id in found if id != headline(summary)]


def key_metrics(summary: Summary) -> dict[str, Metric]:
    """The metrics of the whole run that the scoreboard shows at once; all, when none of them is known."""
    return {id: summary.metrics[id] for id in KEY_METRICS if id in summary.metrics} or summary.metrics


def further_metrics(summary: Summary) -> dict[str, Metric]:
    """The metrics of the whole run that the scoreboard folds away."""
    shown = key_metrics(summary)
    return {id: metric for id, metric in summary.metrics.items() if id not in shown}


def two_sided_metrics(two: TwoSided) -> dict[str, Metric]:
    found = {
        "added_ttft": two.added_ttft,
        "token_delay": two.token_delay,
        "upstream_abort": two.upstream_abort,
    }
    return {id: metric for id, metric in found.items() if metric is not None and metric.n}


def used_metrics(summary: Summary) -> list[str]:
    """Metrics on this page that have a definition, in the order of the definitions."""
    used = {headline(summary), *summary.metrics, *summary.distributions}
    used.update(id for phase in summary.phases for id in phase.metrics)
    used.update(two_sided_metrics(summary.two_sided) if summary.two_sided else ())
    return [id for id in METRICS if id in used]
