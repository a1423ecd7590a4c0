"""`streamproof headroom`: quotas to ask for, from numbers or from a run."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from harness.capacity.headroom import Demand, as_dict, headroom, lines
from harness.metrics.join import join
from harness.plan.provider import Quota
from harness.plan.reader import PlanError
from harness.run_folder import RunFolderError, read_run
from reports.numerals import counted

_LIMITS = ("rpm", "tpm", "itpm", "otpm", "concurrent")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, nargs="?", help="a run folder to take the numbers from")
    parser.add_argument("--rate", type=float, help="streams a second")
    parser.add_argument("--stream-s", type=float, help="seconds that one is open at the provider")
    parser.add_argument("--input-tokens", type=float, help="of a request, mean")
    parser.add_argument("--input-sd", type=float)
    parser.add_argument("--output-tokens", type=float, help="of an answer, mean")
    parser.add_argument("--output-sd", type=float)
    parser.add_argument("--retries", type=int, help="further attempts after a failed one")
    parser.add_argument("--failure-share", type=float, help="of attempts, 0 to 1")
    parser.add_argument("--vmr", type=float, help="variance over mean of arrivals a minute (Poisson: 1)")
    parser.add_argument("--times", type=float, default=1.0, help="so many times the run's rate")
    for name in _LIMITS:
        parser.add_argument(f"--{name}", type=int, help="the quota that there is")
    parser.add_argument("--rejected", type=float, default=0.001, help="share turned away (default: 0.001)")
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace, argv: list[str], tell: Callable[[str], None], *_: object) -> int:
    """0 where every given quota suffices, 1 where one is too small. Raises PlanError, RunFolderError."""
    measured: dict[str, Any] = _measured(arguments.run) if arguments.run else {}
    seen = measured.pop("seen", "")
    given = {name: getattr(arguments, name) for name in Demand.__struct_fields__}
    fields = measured | {name: value for name, value in given.items() if value is not None}
    if "rate" not in fields or "stream_s" not in fields:
        raise PlanError("say --rate and --stream-s, or name a run folder to take them from")
    fields["rate"] *= arguments.times
    try:
        quota = Quota(**{name: getattr(arguments, name) for name in _LIMITS})
        if not 0 < arguments.rejected < 1:
            raise ValueError("--rejected is a share between 0 and 1")
        found = headroom(Demand(**fields), quota, arguments.rejected)
    except ValueError as error:
        raise PlanError(str(error)) from None
    if arguments.json:
        tell(msgspec.json.encode(as_dict(found) | ({"seen": seen} if seen else {})).decode())
    else:
        for line in [*lines(found), *([seen] if seen else [])]:
            tell(line)
    return int(found.binding is not None and (found.binding.headroom or 0) < 1)


def _measured(folder: Path) -> dict[str, Any]:
    """The demand that a run's provider saw, and in words how it took it. Raises RunFolderError."""
    joined = join(read_run(folder))
    upstream = joined.upstream
    spans = [joined.spans[phase.name] for phase in joined.run.plan.phases if phase.name in joined.spans]
    if not joined.has_ledger or not spans:
        raise RunFolderError(f"{folder}: its provider left no ledger, so what it was asked is not known")
    length_s = (max(end for _, end in spans) - min(start for start, _ in spans)) / 1e9
    open_s = (upstream["closed"] - upstream["received"]).to_numpy(dtype=float) / 1000
    served = upstream["status"].to_numpy() < 400
    tokens = {name: upstream[column].to_numpy(dtype=float) for name, column in
              (("input", "input_tokens"), ("output", "emitted_tokens"))}  # fmt: skip
    limited = upstream["limit"].astype(str)
    hits = {name: int(n) for name, n in limited[limited != ""].value_counts().items()}
    told = ", ".join(f"{name} {counted(n, 'time')}" for name, n in hits.items()) or "no limit was hit"
    return {
        "rate": len(upstream) / length_s,
        "stream_s": max(float(np.nanmean(open_s[served])) if served.any() else 0.0, 1e-3),
        "input_tokens": float(np.mean(tokens["input"])),
        "input_sd": float(np.std(tokens["input"])),
        "output_tokens": float(np.mean(tokens["output"][served])) if served.any() else 0.0,
        "output_sd": float(np.std(tokens["output"][served])) if served.any() else 0.0,
        "vmr": _vmr(upstream["received"].to_numpy(dtype=float) / 1000),
        "seen": f"in the run: {counted(len(upstream), 'request')} in {length_s:.0f} s; {told}",
    }


def _vmr(received_s: np.ndarray) -> float:
    """Variance over mean of the arrivals in bins of a second; 1 where ten bins are not to be had.

    Bins of a minute are what quotas count by, but a run has few; for arrivals that do not know of each other
    the ratio is the same at every width.
    """
    if not len(received_s):
        return 1.0
    first = math.floor(float(received_s.min()))
    bins = np.bincount((received_s - first).astype(int))[1:-1]
    return float(np.var(bins) / np.mean(bins)) if len(bins) >= 10 and np.mean(bins) > 0 else 1.0
