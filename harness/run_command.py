"""Run a plan and judge it."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.metrics_server import MetricsServer
from harness.plan.plan import Plan
from harness.plan.reader import PlanError, load_plan
from harness.plan.workers import workers_refused
from harness.preflight import aimed_at, plan_path
from harness.report_command import conclude
from harness.run import Run
from harness.telling import Say
from reports.progress import Live

_PROVIDER_PORT = 8600  # where a system that is already up expects its provider to appear


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, help="a plan file, or the name of one that is shipped")
    parser.add_argument("--target", metavar="URL", help="a system that is already up, instead of the plan's")
    parser.add_argument(
        "--provider-port",
        type=int,
        metavar="PORT",
        help=f"where the mock provider listens (default: the plan's; {_PROVIDER_PORT} with --target)",
    )
    parser.add_argument("--no-mock", action="store_true", help="the target has a provider of its own")
    parser.add_argument("--seed", type=int, help="instead of the plan's")
    options_of_any_run(parser)


def options_of_any_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where run folders go (%(default)s)")
    parser.add_argument("--workers", type=int, help="load processes, instead of the plan's")
    parser.add_argument(
        "--metrics-port",
        type=int,
        metavar="PORT",
        help="answer a Prometheus at 127.0.0.1:PORT/metrics meanwhile",
    )


def run(arguments: argparse.Namespace, argv: Sequence[str], say: Say, show: Callable[[Live], None]) -> int:
    path = plan_path(arguments.plan)
    try:
        plan = _adjusted(load_plan(path), arguments)
    except ValueError as error:
        raise PlanError(f"--seed or --provider-port: {error}") from None
    return execute(plan, path, arguments, argv, say, show)


def _adjusted(plan: Plan, arguments: argparse.Namespace) -> Plan:
    target, provider = plan.target, plan.provider
    if arguments.target is not None:
        target = aimed_at(target, arguments.target, "--target")
    if arguments.no_mock:
        provider = None
    elif provider is not None:
        port = arguments.provider_port
        if port is None and target.url is not None and provider.port == 0:
            port = _PROVIDER_PORT
        if port is not None:
            provider = msgspec.structs.replace(provider, port=port)
    plan = msgspec.structs.replace(plan, target=target, provider=provider)
    return plan if arguments.seed is None else msgspec.structs.replace(plan, seed=arguments.seed)


def execute(
    plan: Plan,
    path: Path,
    arguments: argparse.Namespace,
    argv: Sequence[str],
    say: Say,
    show: Callable[[Live], None],
) -> int:
    """Run `plan` with the options of any run, judge it, report it; returns the exit code."""
    if arguments.workers is not None:
        if refused := workers_refused(arguments.workers, "--workers"):
            raise PlanError(refused)
        plan = msgspec.structs.replace(plan, workers=arguments.workers)
    with _metrics(arguments.metrics_port) as tell_prometheus:

        def show_both(live: Live) -> None:
            show(live)
            tell_prometheus(live)

        run = Run(plan, path, arguments.out, argv, tell=say, show=show_both)
        run.execute()
    return conclude(run.folder.root, say)


@contextmanager
def _metrics(port: int | None) -> Iterator[Callable[[Live], None]]:
    """Where each moment of a run is told, besides the terminal."""
    if port is None:
        yield lambda _: None
        return
    with MetricsServer(port) as server:
        yield server.show
