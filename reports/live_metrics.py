"""A run while it lasts as OpenMetrics text, for a Prometheus that scrapes it."""

from reports.clean import visible
from reports.formats.openmetrics import escaped
from reports.progress import Live

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def render(live: Live | None) -> str:
    """The counters of one moment; before the first of them only that nothing is known."""
    lines = ["# TYPE streamproof_up gauge", f"streamproof_up {int(live is not None)}"]
    if live is not None:
        lines += _known(live)
    return "\n".join([*lines, "# EOF"]) + "\n"


def _known(live: Live) -> list[str]:
    gauges = {
        "elapsed_seconds": live.elapsed_s,
        "streams_in_flight": live.in_flight,
        "faults_active": len(live.faults_now),
    }
    if live.users is not None:
        gauges["users"] = live.users
    lines = []
    for name, value in gauges.items():
        lines += [f"# TYPE streamproof_{name} gauge", f"streamproof_{name} {value:g}"]
    lines += ["# TYPE streamproof_tokens counter", f"streamproof_tokens_total {live.tokens}"]
    lines.append("# TYPE streamproof_attempts counter")
    lines += [
        f'streamproof_attempts_total{{outcome="{_label(name)}"}} {count}'
        for name, count in sorted(live.outcomes.items())
    ]
    lines.append("# TYPE streamproof_recent_ttft_seconds gauge")
    for quantile, ms in (("0.5", live.ttft_p50_ms), ("0.95", live.ttft_p95_ms)):
        if ms is not None:
            lines.append(f'streamproof_recent_ttft_seconds{{quantile="{quantile}"}} {ms / 1000:.6g}')
    lines.append("# TYPE streamproof_phase gauge")
    lines.append(f'streamproof_phase{{phase="{_label(live.phase)}"}} 1')
    lines.append("# TYPE streamproof_measurement gauge")
    lines += [
        f'streamproof_measurement{{question="{_label(question)}",state="{_label(state)}"}} 1'
        for question, state in live.lights.items()
    ]
    return lines


def _label(text: str) -> str:
    return escaped(visible(text))
