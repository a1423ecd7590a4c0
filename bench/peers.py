"""The same work given in turn to our engine and to other load tools, against the same emitter.

    python -m bench.peers [--streams 200] [--times 3] [--tools ours aiperf …] [--json]

Each tool keeps so many streams open at once, every one of them asking `--rounds` times; nobody is pinned to a
core. All have their turn `--times` times and figures are medians, for no machine is equally quick all the
time. The emitter stamps when each request arrived and when each token left, so the TTFT that a tool reports
has a truth to be held against. CPU is user and system time of the tool's whole process tree, per token event
emitted: `cpu_us_per_event` from the first request to the tool's end, as some read while streams are open and
others afterwards; `cpu_us_per_event_whole` with its start. Tools run with the options that they have by
themselves. A tool that cannot be had says why.
"""

import argparse
import importlib
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import numpy as np

from bench.peer import tree
from bench.peer.work import NotThere, Tool, Work
from harness.clock import MS
from harness.doctor.trial import port_of, start_emitters
from harness.record import LedgerRow, read_parts
from harness.stack.errors import StackError

TOOLS = ("ours", "locust_plain", "aiperf", "guidellm")
_COSTS = ("cpu_us_per_event", "cpu_us_per_event_whole")
_SETTLE_S = 0.3  # for the last ledger rows
_SPARE_S = 120.0  # beyond the work, for a tool's start, backlog and report


def measure(name: str, work: Work, folder: Path) -> dict[str, Any]:
    """One row: what `name` cost and reported; with `why_not` instead where it could not run."""
    tool = cast(Tool, importlib.import_module(f"bench.peer.{name}"))
    row: dict[str, Any] = {"tool": name, "label": tool.LABEL}
    folder.mkdir(parents=True)
    pace = {"ttft_ms": work.ttft_ms, "itl_ms": 1000 / work.rate, "tokens": float(work.tokens)}
    try:
        sources = start_emitters(folder, pace, 1, pinned=False)
        try:
            words, variables = tool.command(work, f"http://127.0.0.1:{port_of(sources)}", folder)
            used = tree.run(words, variables, folder, work.rounds * work.answer_s * 4 + _SPARE_S)
            time.sleep(_SETTLE_S)
        finally:
            for source in sources:
                source.stop()
        return row | compared(work, used, read_parts(folder / "parts", "ledger").rows, tool, folder)
    except (NotThere, StackError) as error:
        return row | {"why_not": str(error)}


def compared(
    work: Work, used: tree.Measured, ledger: list[LedgerRow], tool: Tool, folder: Path
) -> dict[str, Any]:
    """A tool's figures beside the emitter's truth. Raises NotThere when it served nobody."""
    served = [row for row in ledger if row.first_token_ns is not None]
    try:
        reported = tool.report(work, folder)
    except NotThere as error:
        raise NotThere(f"{error} (status {used.status}): {tree.said(folder)}") from None
    if not served:
        raise NotThere(f"it asked for nothing (status {used.status}): {tree.said(folder)}")
    truth = np.array([(row.first_token_ns - row.received_ns) / MS for row in served])  # type: ignore[operator]
    began_ns = min(row.received_ns for row in served)
    events = sum(row.emitted_tokens for row in served)
    true_mean, (true_p50, true_p99) = float(truth.mean()), np.percentile(truth, [50, 99])
    return {
        "asked": work.answers,
        "completed": reported.completed,
        "failed": reported.failed,
        "token_events": events,
        "cpu_us_per_event": round(used.since(began_ns) / events * 1e6, 1),
        "cpu_us_per_event_whole": round(used.total_s / events * 1e6, 1),
        "ttft_mean_ms": _rounded(reported.ttft_mean_ms),
        "ttft_p50_ms": _rounded(reported.ttft_p50_ms),
        "ttft_p99_ms": _rounded(reported.ttft_p99_ms),
        "true_ttft_mean_ms": _rounded(true_mean),
        "true_ttft_p50_ms": _rounded(true_p50),
        "true_ttft_p99_ms": _rounded(true_p99),
        "ttft_mean_error_ms": _less(reported.ttft_mean_ms, true_mean),
        "ttft_p50_error_ms": _less(reported.ttft_p50_ms, true_p50),
        "ttft_p99_error_ms": _less(reported.ttft_p99_ms, true_p99),
    }


def middle(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One tool's rows of several times as one: each figure's median, and every cost, in `…_each`.

    What failed at any time is counted; a tool that once could not run says why and nothing else.
    """
    unable = next((row for row in rows if "why_not" in row), None)
    if unable is not None or len(rows) == 1:
        return unable or rows[0]
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    figures = {
        key: None if None in values else round(statistics.median(values), 3)
        for key, values in columns.items()
        if not isinstance(values[0], str)
    }
    each = {f"{key}_each": columns[key] for key in _COSTS}
    return {**rows[0], **figures, "failed": sum(columns["failed"]), **each}


def with_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each row with its CPU a token event as a multiple of ours, where both were measured."""
    ours = next((row for row in rows if row["tool"] == "ours"), {})
    return [
        row
        | {
            "cpu_ratio_to_ours": _ratio(row, ours, _COSTS[0]),
            "cpu_ratio_to_ours_whole": _ratio(row, ours, _COSTS[1]),
        }
        for row in rows
    ]


def _ratio(row: dict[str, Any], ours: dict[str, Any], key: str) -> float | None:
    return round(row[key] / ours[key], 1) if row.get(key) and ours.get(key) else None


def table(rows: list[dict[str, Any]]) -> str:
    """For people."""
    lines = [
        f"{'':28}{'CPU us/event':>13}{'x ours':>8}{'whole run':>11}"
        f"{'TTFT mean':>11}{'(true)':>9}{'p50':>9}{'(true)':>9}{'p99':>9}{'(true)':>9}{'failed':>8}"
    ]
    for row in rows:
        if "why_not" in row:
            lines.append(f"{row['label']:28}  not measured: {row['why_not']}")
            continue
        values = [row["cpu_us_per_event"], row["cpu_ratio_to_ours"], row["cpu_us_per_event_whole"]]
        for stat in ("mean", "p50", "p99"):
            values += [row[f"ttft_{stat}_ms"], row[f"true_ttft_{stat}_ms"]]
        widths = (13, 8, 11, 11, 9, 9, 9, 9, 9)
        cells = [
            f"{'-' if v is None else format(v, '.1f'):>{w}}" for v, w in zip(values, widths, strict=True)
        ]
        lines.append(f"{row['label']:28}{''.join(cells)}{row['failed']:>8}")
    return "\n".join(lines)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 3)


def _less(value: float | None, truth: float) -> float | None:
    return None if value is None else round(float(value) - float(truth), 3)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--streams", type=int, default=200, help="open at once")
    parser.add_argument("--rate", type=float, default=50.0, help="tokens a second of each stream")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of an answer")
    parser.add_argument("--rounds", type=int, default=2, help="answers each stream asks for")
    parser.add_argument("--times", type=int, default=3, help="all tools in turn so many times; medians")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--json", action="store_true", help="one JSON line")
    arguments = parser.parse_args()
    work = Work(
        streams=arguments.streams,
        rate=arguments.rate,
        tokens=int(arguments.rate * arguments.seconds),
        rounds=arguments.rounds,
        ttft_ms=200.0,
    )
    with tempfile.TemporaryDirectory(prefix="streamproof-peers-") as folder:
        times = [
            [measure(name, work, Path(folder) / str(time) / name) for name in arguments.tools]
            for time in range(arguments.times)
        ]
        rows = with_ratios([middle(list(of_tool)) for of_tool in zip(*times, strict=True)])
    if arguments.json:
        found = {"streams": work.streams, "rate": work.rate, "answers": work.answers}
        found |= {"times": arguments.times, "tools": rows}
        print(json.dumps(found))
    else:
        print(table(rows))


if __name__ == "__main__":
    main()
