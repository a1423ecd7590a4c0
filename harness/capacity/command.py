"""`streamproof capacity PLAN`: the most users, or streams a second, within the plan's objectives."""

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from harness.capacity.looks import STRICT, SURE
from harness.plan.reader import PlanError, load_plan
from harness.plan.workers import workers_refused
from harness.preflight import aimed_at, plan_path
from reports.progress import Live


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "plan", type=Path, help="its first steady phase with an slo says who asks, and for what"
    )
    parser.add_argument("--target", metavar="URL", help="a system that is already up, instead of the plan's")
    parser.add_argument("--no-mock", action="store_true", help="the target has a provider of its own")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--users", action="store_true", help="search users (closed loop)")
    kind.add_argument("--rate", action="store_true", help="search streams a second (open loop)")
    parser.add_argument("--start", type=float, help="a load believed safe (default: the plan's)")
    parser.add_argument("--expected", type=float, help="the most that is believed possible")
    parser.add_argument("--most", type=float, default=math.inf, help="never offer more")
    parser.add_argument("--step-s", type=float, default=60.0, help="least seconds a probe (default: 60)")
    parser.add_argument(
        "--ratio", type=float, default=1.05, help="how close the ends must come (default: 1.05)"
    )
    parser.add_argument(
        "--inflation", type=float, default=1.0, help="streams that tell as much as one (default: 1)"
    )
    parser.add_argument("--strict", action="store_true", help="sure to 99.7 %% instead of 99 %%")
    parser.add_argument("--probes", type=int, default=40, help="at most so many (default: 40)")
    parser.add_argument("--sweep", action="store_true", help="then overload it, and see whether it recovers")
    parser.add_argument("--workers", type=int, help="load processes, instead of the plan's")
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where runs are kept")


def run(
    arguments: argparse.Namespace, argv: list[str], tell: Callable[[str], None], show: Callable[[Live], None]
) -> int:
    """0: an answer; 1: nothing carried, or no recovery; 2: the harness gave out; 3: open; 4: interrupted."""
    import msgspec

    from harness.capacity.answer import summarise
    from harness.capacity.hunt import Hunt
    from harness.capacity.probe import Settings, template
    from harness.capacity.search import Search
    from harness.invocation import again
    from reports import write

    if arguments.workers is not None and (refused := workers_refused(arguments.workers, "--workers")):
        raise PlanError(refused)
    path = plan_path(arguments.plan)
    plan = load_plan(path)
    target = aimed_at(plan.target, arguments.target, "--target") if arguments.target else plan.target
    provider = None if arguments.no_mock else plan.provider
    plan = msgspec.structs.replace(
        plan, target=target, provider=provider, workers=arguments.workers or plan.workers
    )
    load = template(plan).load
    users = arguments.users or (load.closed and not arguments.rate)
    start = (load.users if users else load.rate) or 1.0 if arguments.start is None else arguments.start
    try:
        settings = Settings(
            unit="users" if users else "streams/s",
            step_s=arguments.step_s,
            sure=STRICT if arguments.strict else SURE,
            inflation=arguments.inflation,
            ratio=arguments.ratio,
        )
        search = Search(
            start, expected=arguments.expected, most=arguments.most, ratio=arguments.ratio, whole=users,
            probes=arguments.probes,
        )  # fmt: skip
    except ValueError as error:
        raise PlanError(str(error)) from None
    hunt = Hunt(plan, path, arguments.out, settings, argv, tell, show)
    found = hunt.search(search, arguments.sweep)
    if hunt.summary is None or hunt.last is None:
        raise KeyboardInterrupt  # before the first run was over: there is nothing to report
    summary = summarise(hunt.summary, found, again(argv))
    folder = hunt.last.root / "capacity"
    write.write_all(summary, folder)
    tell(found.sentence)
    tell(f"report {folder / 'report.html'}")
    if hunt.failure is not None:
        raise hunt.failure
    return summary.verdict.exit_code
