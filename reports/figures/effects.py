"""A comparison: how much each gate moved, with its interval, and the blocks in the order of the run."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from harness.summary import Comparison, Gate
from reports.figures.row import Key
from reports.figures.timeline import short
from reports.palette import light

EFFECT_KEYS = [
    Key("change with its 99 % interval", "p50", "line"),
    Key("limit of the gate", "limit", "dash"),
    Key("least change that is found nine times in ten", "faint", "line"),
]
BLOCK_KEYS = [Key("baseline", "intended", "dot"), Key("candidate", "p95", "dot")]
_INKS = {"PASS": "p50", "FAIL": "limit"}
ROW_IN = 0.52


def shown(comparison: Comparison) -> list[Gate]:
    """The gates that have a change with an interval."""
    return [gate for gate in comparison.gates if None not in (gate.effect, gate.low, gate.high)]


def draw_effects(axes: Axes, comparison: Comparison) -> None:
    """One row a gate: percent of a quantile, or points of a share. To the right of 0 is worse."""
    gates = shown(comparison)
    axes.axvline(0, color=light("ink"), linewidth=0.9)
    for row, gate in enumerate(gates):
        assert gate.effect is not None
        assert gate.low is not None
        assert gate.high is not None
        y, ink = -row, light(_INKS.get(gate.state, "faint"))
        axes.plot([100 * gate.low, 100 * gate.high], [y, y], color=ink, linewidth=2.2, solid_capstyle="butt")
        axes.plot(100 * gate.effect, y, color=ink, marker="o", markersize=6)
        axes.plot(
            [100 * gate.limit] * 2, [y - 0.3, y + 0.3],
            color=light("limit"), linewidth=1.2, linestyle=(0, (4, 2)),
        )  # fmt: skip
        if gate.mde is not None:
            axes.plot([100 * gate.mde] * 2, [y - 0.16, y + 0.16], color=light("faint"), linewidth=2)
        axes.annotate(
            gate.metric, (0.0, y + 0.3), xycoords=("axes fraction", "data"), color=light("ink"), va="bottom"
        )
    axes.set_ylim(-len(gates) + 0.5, 0.85)
    axes.yaxis.set_major_locator(NullLocator())
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.3g}" if value else "0"))


def block_gates(comparison: Comparison) -> list[str]:
    """The gates whose quantiles the blocks have, with their place in the run."""
    known = [block for block in comparison.blocks if block.get("place") is not None and "gate" in block]
    return list(dict.fromkeys(str(block["gate"]) for block in known))


def draw_blocks(axes: Axes, comparison: Comparison, gate: str) -> None:
    """A dot a block in the order of the run, the two of a pair joined."""
    mine = [block for block in comparison.blocks if block.get("gate") == gate]
    pairs: dict[Any, list[tuple[float, float, str]]] = {}
    for block in mine:
        pairs.setdefault(block["pair"], []).append((block["place"], block["value"], block["arm"]))
    for points in pairs.values():
        known = [(x, y) for x, y, _ in sorted(points) if y is not None]
        if len(known) == 2:
            axes.plot(*zip(*known, strict=True), color=light("rule"), linewidth=1.2, zorder=1)
        for x, y, arm in points:
            if y is not None:
                ink, mark = ("p95", "o") if arm == "candidate" else ("intended", "s")
                axes.plot(x, y, color=light(ink), marker=mark, markersize=4, zorder=2)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
