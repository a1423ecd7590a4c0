"""The timeline: rows of charts over one time axis, phases and network events shaded through all of them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from harness.summary import Summary
from reports.figures.gap_heat import gap_row
from reports.figures.row import Key, Row
from reports.figures.series import Series
from reports.outcomes import WORDS, ordered
from reports.palette import light

_STEEP = 20  # beyond this ratio of largest to smallest, TTFT needs a logarithmic axis
_LINES_DRAWN = 60  # marks of single events; more would hide the data


def rows(series: Series) -> list[Row]:
    """The rows that have data, from the user's view to the generator's health."""
    have = series.values
    found = [
        _flight_row(have) if have.keys() & {"in_flight", "provider_in_flight"} else None,
        _outcome_row(series) if series.outcomes else None,
        _lines_row(
            have,
            "tokens",
            "Tokens per second",
            {
                "tokens_emitted": ("emitted by the provider", "emitted"),
                "tokens_delivered": ("text delivered to users", "delivered"),
            },
        ),
        gap_row(series.gaps) if series.gaps else None,
        _lines_row(
            have,
            "stalled",
            "Streams stalled for more than 1 s",
            {"stalled": ("stalled", "stall")},
            height_in=0.95,
        ),
        _lines_row(
            have,
            "arrivals",
            "Streams begun per second",
            {
                "intended": ("wanted by the schedule", "intended"),
                "started": ("really begun", "started"),
                **({"dropped": ("never begun", "not_begun")} if np.nansum(have.get("dropped", 0)) else {}),
            },
            height_in=0.95,
        ),
        _health_row(have) if have.keys() & {"loop_lag_ms", "gc_ms", "cpu"} else None,
    ]
    return [row for row in found if row is not None]


def _flight_row(have: dict[str, np.ndarray]) -> Row:
    keys = {
        "in_flight": Key("in flight, users' side", "flight", "area"),
        "provider_in_flight": Key("in flight, provider's side", "provider", "dash"),
        "ttft_p50": Key("TTFT p50", "p50", "line"),
        "ttft_p95": Key("TTFT p95", "p95", "line"),
    }
    ttft = bool(have.keys() & {"ttft_p50", "ttft_p95"})
    title = "Streams in flight, with TTFT over them" if ttft else "Streams in flight"
    return Row(
        "flight",
        title,
        [key for name, key in keys.items() if name in have],
        2.1,
        _draw_flight,
        "TTFT, ms" if ttft else "",
    )


def _draw_flight(axes: Axes, series: Series) -> None:
    if "in_flight" in series.values:
        _area(axes, series, np.zeros(len(series.middles)), series.values["in_flight"], "flight", alpha=0.45)
    if "provider_in_flight" in series.values:
        axes.stairs(
            series.values["provider_in_flight"],
            series.edges,
            baseline=None,
            color=light("provider"),
            linestyle=(0, (4, 2)),
        )
    _count_axis(axes)
    lines = [name for name in ("ttft_p50", "ttft_p95") if name in series.values]
    if not lines:
        return
    right = axes.twinx()
    right.set_facecolor("none")
    for name in lines:
        ink = light(name.removeprefix("ttft_"))
        right.plot(series.middles, series.values[name], color=ink, marker="o", markersize=1.8)
    values = np.concatenate([series.values[name] for name in lines])
    values = values[np.isfinite(values) & (values > 0)]
    if values.size and values.max() > _STEEP * values.min():
        right.set_yscale("log")
        right.yaxis.set_major_locator(
            LogLocator(subs=(1.0, 2.0, 5.0) if values.max() < 300 * values.min() else (1.0,))
        )
        right.yaxis.set_minor_locator(NullLocator())
    else:
        right.set_ylim(0, (values.max() if values.size else 1) * 1.08)
        right.yaxis.set_major_locator(MaxNLocator(4))
    right.yaxis.set_major_formatter(FuncFormatter(short))
    right.grid(False)


def _outcome_row(series: Series) -> Row:
    names = ordered(series.outcomes)
    keys = [Key(WORDS.get(name, name), name, "area") for name in names]
    return Row("outcomes", "Outcomes, by the second in which they happened", keys, 1.5, _draw_outcomes)


def _draw_outcomes(axes: Axes, series: Series) -> None:
    base = np.zeros(len(series.middles))
    for name in ordered(series.outcomes):
        top = base + np.nan_to_num(series.outcomes[name])
        _area(axes, series, base, top, name)
        base = top
    _count_axis(axes)


def _lines_row(
    have: dict[str, np.ndarray],
    id: str,
    title: str,
    lines: dict[str, tuple[str, str]],
    height_in: float = 1.3,
) -> Row | None:
    """A row of step lines over zero; the last one is filled, so that two equal lines remain two."""
    drawn = [name for name in lines if name in have]
    if not drawn:
        return None

    def draw(axes: Axes, series: Series) -> None:
        for name in drawn:
            ink = lines[name][1]
            if name == drawn[-1]:
                _area(axes, series, np.zeros(len(series.middles)), series.values[name], ink, alpha=0.22)
            width = 2.4 if name != drawn[-1] else 1.1
            axes.stairs(series.values[name], series.edges, baseline=None, color=light(ink), linewidth=width)
        _count_axis(axes)

    return Row(id, title, [Key(*lines[name], "line") for name in drawn], height_in, draw)


def _health_row(have: dict[str, np.ndarray]) -> Row:
    """The generator's own state: what it shows here can be in every number above."""
    keys = {
        "loop_lag_ms": Key("loop lag, ms", "lag", "line"),
        "gc_ms": Key("longest collection, ms", "gc", "line"),
        "cpu": Key("CPU of the busiest process", "cpu", "dash"),
    }
    title = "Load generator, worst process of each second"
    right = "share of a core" if "cpu" in have else ""
    return Row("health", title, [keys[name] for name in keys if name in have], 1.1, _draw_health, right)


def _draw_health(axes: Axes, series: Series) -> None:
    for name, ink in (("loop_lag_ms", "lag"), ("gc_ms", "gc")):
        if name in series.values:
            axes.stairs(series.values[name], series.edges, baseline=None, color=light(ink))
    _count_axis(axes)
    if "cpu" in series.values:
        right = axes.twinx()
        right.set_facecolor("none")
        right.stairs(
            series.values["cpu"], series.edges, baseline=None, color=light("cpu"), linestyle=(0, (4, 2))
        )
        right.set_ylim(0, max(1.0, float(np.nanmax(series.values["cpu"])) * 1.08))
        right.yaxis.set_major_locator(MaxNLocator(2))
        right.yaxis.set_major_formatter(FuncFormatter(short))
        right.grid(False)


def _area(
    axes: Axes, series: Series, base: np.ndarray, top: np.ndarray, ink: str, alpha: float = 1.0
) -> None:
    low, high = (np.append(np.nan_to_num(values), np.nan_to_num(values[-1:])) for values in (base, top))
    axes.fill_between(series.edges, low, high, step="post", color=light(ink), alpha=alpha, linewidth=0)


def _count_axis(axes: Axes) -> None:
    axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1], 1))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True, min_n_ticks=2))
    axes.yaxis.set_major_formatter(FuncFormatter(short))


def short(value: float, _position: int | None = None) -> str:
    """Axis numbers that fit a phone: 950, 1.5k, 20k, 3M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def shade(axes: Axes, summary: Summary, series: Series) -> None:
    """Phases as bands behind the data, network events as bands or marks; the time axis itself."""
    for phase in summary.phases:
        span = phase.span
        axes.axvline(span.t0_s, color=light("rule"), linewidth=1, zorder=0.4)
        if f"band_{span.kind}" in ("band_warm_up", "band_fault", "band_recovery"):
            axes.axvspan(
                span.t0_s, span.t1_s, color=light(f"band_{span.kind}"), alpha=0.10, linewidth=0, zorder=0.3
            )
    for t0_s, t1_s in _merged(summary, long=True):
        axes.axvspan(t0_s, t1_s, color=light("event"), alpha=0.16, linewidth=0, zorder=0.35)
    for t0_s, _ in _merged(summary, long=False)[:_LINES_DRAWN]:
        axes.axvline(t0_s, color=light("event"), linewidth=0.9, linestyle=(0, (2, 2)), zorder=0.5)
    axes.set_xlim(0, series.end_s)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 1.5, 2, 3, 5, 6, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(_clock))


def _merged(summary: Summary, long: bool) -> list[tuple[float, float]]:
    """Network events that are damage, as spans that do not overlap; a change of link is none."""
    damage = [event for event in summary.events if event.kind != "link"]
    spans = sorted((e.t0_s, e.t1_s) for e in damage if (e.t1_s > e.t0_s and e.kind != "cut") == long)
    merged: list[tuple[float, float]] = []
    for t0_s, t1_s in spans:
        if merged and t0_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], t1_s))
        else:
            merged.append((t0_s, t1_s))
    return merged


def _clock(value: float, _position: int | None = None) -> str:
    """An instant on the axis: seconds, and minutes where there are many."""
    if value < 0 or value != int(value):
        return ""
    minutes, seconds = divmod(int(value), 60)
    return f"{int(value)} s" if value < 120 else f"{minutes}:{seconds:02d}"
