"""OpenMetrics text (version 1.0.0), for a pushgateway or a textfile collector.

Families are written whole, one after another, as the format demands. Times are seconds there, by its rules;
never reached is +Inf, what is not measurable has no sample.
"""

import re
from collections.abc import Iterator

from harness.metrics.percentiles import PERCENTILES
from harness.summary import Metric, Summary
from reports.clean import cleaned

FILE = "metrics.txt"
_STATES = ("PASS", "FAIL", "INCONCLUSIVE", "INVALID", "NOT MEASURED")
_UNITS = {"ms": ("seconds", 1e-3), "share": ("ratio", 1.0), "index": ("ratio", 1.0)}
Labels = dict[str, str]
Sample = tuple[Labels, float]


class _Document:
    """Families in the order in which they were first named."""

    def __init__(self) -> None:
        self.families: dict[str, tuple[str, str, str, list[str]]] = {}

    def add(
        self, name: str, kind: str, unit: str, help: str, samples: Iterator[Sample] | list[Sample]
    ) -> None:
        family = self.families.setdefault(name, (kind, unit, help, []))
        suffix = "_info" if kind == "info" else ""
        family[3].extend(f"{name}{suffix}{_labels(labels)} {_value(value)}" for labels, value in samples)

    def text(self) -> str:
        lines = []
        for name, (kind, unit, help, samples) in self.families.items():
            if not samples:
                continue
            lines.append(f"# TYPE {name} {kind}")
            if unit:
                lines.append(f"# UNIT {name} {unit}")
            lines.append(f"# HELP {name} {escaped(help)}")
            lines += samples
        return "\n".join([*lines, "# EOF"]) + "\n"


def render(summary: Summary) -> str:
    """The exposition of one run. The plan's name is the label `plan` of every sample."""
    summary = cleaned(summary)
    plan = {"plan": summary.run.name}
    out = _Document()
    run = summary.run
    out.add(
        "streamproof_run",
        "info",
        "",
        "The run.",
        [(plan | {"run": run.id, "seed": str(run.seed), "git": run.git}, 1)],
    )
    states = [
        (plan | {"streamproof_verdict": state}, float(state == summary.verdict.state)) for state in _STATES
    ]
    out.add("streamproof_verdict", "stateset", "", "Verdict of the run.", states)
    out.add("streamproof_exit_code", "gauge", "", "0 pass to 4 error.", [(plan, summary.verdict.exit_code)])
    out.add(
        "streamproof_run_duration_seconds", "gauge", "seconds", "Length of the run.", [(plan, run.duration_s)]
    )
    out.add("streamproof_check", "gauge", "", "1 for each check, with its state.", _checks(summary, plan))
    out.add("streamproof_attempts", "gauge", "", "Attempts by phase and outcome.", _outcomes(summary, plan))
    out.add(
        "streamproof_streams_intended",
        "gauge",
        "",
        "Streams wanted by the schedule.",
        _intended(summary, plan),
    )
    for phase, metrics in [("", summary.metrics), *((p.span.name, p.metrics) for p in summary.phases)]:
        for id, metric in metrics.items():
            _metric(out, plan | {"phase": phase}, id, metric)
    if summary.two_sided is not None:
        two = summary.two_sided
        for name in (
            "tokens_emitted",
            "tokens_other",
            "tokens_received",
            "wasted_tokens",
            "false_success",
            "attempts_upstream",
        ):
            out.add(
                f"streamproof_{name}", "gauge", "", name.replace("_", " ") + ".", [(plan, getattr(two, name))]
            )
    return out.text()


def _checks(summary: Summary, plan: Labels) -> Iterator[Sample]:
    """Two checks may share id and phase; a sample must not come twice."""
    found = {(check.id, check.phase, check.state): None for check in summary.checks}
    return ((plan | {"check": id, "phase": phase, "state": state}, 1) for id, phase, state in found)


def _outcomes(summary: Summary, plan: Labels) -> Iterator[Sample]:
    for phase in summary.phases:
        for outcome, count in phase.outcomes.items():
            yield plan | {"phase": phase.span.name, "outcome": outcome}, count


def _intended(summary: Summary, plan: Labels) -> Iterator[Sample]:
    return ((plan | {"phase": phase.span.name}, phase.intended) for phase in summary.phases)


def _metric(out: _Document, labels: Labels, id: str, metric: Metric) -> None:
    """Quantiles of both series as one family, and the number of values behind them as two more."""
    unit, factor = _UNITS.get(metric.unit, (_name(metric.unit), 1.0))
    name = f"streamproof_{_name(id)}" + (f"_{unit}" if unit else "")
    for series, quantiles in (("all", metric.all), ("ok", metric.ok)):
        samples = [
            (
                labels | {"series": series, "quantile": f"{PERCENTILES.get(key, 0):g}"},
                float(found[0]) * factor,
            )
            for key, found in quantiles.items()
            if key in PERCENTILES and found is not None and found[0] is not None
        ]
        out.add(name, "gauge", unit, f"Quantiles of {id}; phase empty: the whole run.", samples)
    which = labels | {"metric": id}
    out.add("streamproof_values", "gauge", "", "Values behind the quantiles.", [(which, metric.n)])
    out.add("streamproof_never_reached", "gauge", "", "Of these, never reached.", [(which, metric.censored)])


def _name(text: str) -> str:
    return re.sub("[^a-zA-Z0-9_]", "_", text)


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}"


def escaped(text: str) -> str:
    """A label's value or a help text, as OpenMetrics has them."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _value(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return f"{value:.9g}" if isinstance(value, float) else str(value)
