"""The `streamproof` command: parse, call, print, exit code."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import msgspec
import rich.live
from rich.console import Console

from harness import __version__
from harness.judge import exit_code, judge
from harness.metrics_server import MetricsServer
from harness.network.errors import ControlError
from harness.network.install import InstallError, find_server, install_server
from harness.network.listing import journey_lines, profile_lines
from harness.network.profiles import load_profiles
from harness.plan.network import NamedJourney
from harness.plan.plan import Plan
from harness.plan.reader import JOURNEYS, PlanError, load_as, load_plan
from harness.preflight import SCENARIOS
from harness.run_folder import RunFolderError, read_run
from harness.stack.errors import StackError
from harness.verdict import worst_code
from reports import formats, json_report, terminal, write
from reports.overlay import MOST_RUNS
from reports.progress import LINE_EVERY_S, Live, Minute, dashboard, line
from reports.scorecard import terminal as scorecard_terminal
from reports.scorecard import write as scorecard_files

_SERVERS = {"mock": "mock_provider.command", "gateway": "gateway.__main__"}
_LATE = {  # what has a module of its own, loaded only when it is asked for
    "audit": ("harness.audit.command", "which promises a streaming system keeps, and the fix for the others"),
    "compare": ("harness.compare.command", "baseline against candidate: live blocks, or two stored runs"),
    "gate": ("harness.compare.gate_command", "a run or comparison for CI: exit code, JUnit, annotations"),
    "calibrate": ("harness.compare.calibrate_command", "A/A comparisons here, and +10 %% that must be found"),
    "trend": ("harness.compare.trend_command", "slow changes over many stored runs (advice)"),
    "capacity": ("harness.capacity.command", "the most load that the plan's objectives allow"),
    "traces": ("harness.traces_command", "a run's streams as OpenTelemetry spans"),
    "headroom": ("harness.capacity.headroom_command", "the provider quotas that a load needs"),
}
_ERROR = 4  # usage, environment, harness error or interrupted
_PROVIDER_PORT = 8600  # where a system that is already up expects its provider to appear
_EXIT_CODES = "exit codes: 0 pass, 1 failed, 2 measurement invalid, 3 inconclusive, 4 usage or environment"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Bad input ends in one message on stderr and 4."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in _SERVERS:
            server = importlib.import_module(_SERVERS[words[0]])
            return int(server.main(words[1:]))
        if words and words[0] in _LATE:
            return _late(words)
        arguments = _parser().parse_args(words)
        command: Callable[[argparse.Namespace], int] = arguments.command
        return command(arguments)
    except (PlanError, StackError, RunFolderError, InstallError, ControlError) as error:
        print(f"streamproof: {error}", file=sys.stderr)
        return _ERROR
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("streamproof: interrupted", file=sys.stderr)
        return _ERROR


class _Parser(argparse.ArgumentParser):
    """argparse leaves with 2, which would read as an invalid measurement."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(_ERROR, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="streamproof",
        description="Load and resilience testing for streaming LLM systems, measured from both ends.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"streamproof {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    demo = commands.add_parser("demo", help="one minute against our own gateway, then a report")
    _run_options(demo)
    demo.set_defaults(command=_demo)

    run = commands.add_parser("run", help="run a plan and judge it", epilog=_EXIT_CODES)
    run.add_argument("plan", type=Path, help="a plan file, or the name of one that is shipped")
    run.add_argument("--target", metavar="URL", help="a system that is already up, instead of the plan's")
    run.add_argument(
        "--provider-port",
        type=int,
        metavar="PORT",
        help=f"where the mock provider listens (default: the plan's; {_PROVIDER_PORT} with --target)",
    )
    run.add_argument("--no-mock", action="store_true", help="the target has a provider of its own")
    run.add_argument("--seed", type=int, help="instead of the plan's")
    _run_options(run)
    run.set_defaults(command=_run)

    report = commands.add_parser(
        "report",
        help="judge runs again and render their reports; several are laid over each other; also an audit's",
    )
    report.add_argument(
        "folder", type=Path, nargs="+", help="folders below runs/; changes are against the first"
    )
    report.add_argument(
        "--overlay", type=Path, metavar="FILE", help="where the page of several runs goes (overlay.html)"
    )
    report.add_argument(
        "--format",
        action="append",
        default=[],
        choices=formats.names(),
        help="also write this one; repeatable",
    )
    report.set_defaults(command=_report)

    doctor = commands.add_parser(
        "doctor",
        help="may this machine measure, and how much",
        epilog="exit codes: 0 it can, 2 it cannot, 4 usage",
    )
    doctor.add_argument("--quick", action="store_true", help="about 20 s instead of a minute or more")
    doctor.add_argument("--workers", type=int, default=1, help="then with so many load processes at once")
    doctor.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    doctor.set_defaults(command=_doctor)

    commands.add_parser("mock", add_help=False, help="the mock provider alone (see `mock --help`)")
    commands.add_parser("gateway", add_help=False, help="the reference gateway alone (see `gateway --help`)")

    for name, (_, text) in _LATE.items():
        commands.add_parser(name, add_help=False, help=text)

    toxiproxy = commands.add_parser("toxiproxy", help="the network proxy")
    actions = toxiproxy.add_subparsers(metavar="ACTION", required=True)
    install = actions.add_parser("install", help="find the Toxiproxy server, or install the pinned one")
    install.set_defaults(command=_toxiproxy_install)

    networks = commands.add_parser("networks", help="list the link profiles with their sources")
    networks.set_defaults(command=_networks)
    return parser


def _late(words: list[str]) -> int:
    module = importlib.import_module(_LATE[words[0]][0])
    parser = _Parser(prog=f"streamproof {words[0]}", description=module.__doc__, epilog=_EXIT_CODES)
    module.options(parser)
    arguments = parser.parse_args(words[1:])
    console = Console()
    with _Progress(console) as progress:
        return int(module.run(arguments, ["streamproof", *words], _say(console), progress.show))


def _say(console: Console) -> Callable[[str], None]:
    """Lines as they are: no markup, no wrapping."""
    return lambda text: console.print(text, soft_wrap=True, highlight=False, markup=False, emoji=False)


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where run folders go (%(default)s)")
    parser.add_argument("--workers", type=int, help="load processes, instead of the plan's")
    parser.add_argument(
        "--metrics-port",
        type=int,
        metavar="PORT",
        help="answer a Prometheus at 127.0.0.1:PORT/metrics meanwhile",
    )


def _demo(arguments: argparse.Namespace) -> int:
    path = SCENARIOS / "demo.yaml"
    return _execute(_adjusted(load_plan(path), arguments), path, arguments)


def _run(arguments: argparse.Namespace) -> int:
    path = _plan_path(arguments.plan)
    plan = load_plan(path)
    target, provider = plan.target, plan.provider
    if arguments.target is not None:
        try:
            target = msgspec.convert({**msgspec.to_builtins(target), "url": arguments.target}, type(target))
        except msgspec.ValidationError as error:
            raise PlanError(f"--target: {str(error).partition(' - at')[0]}") from None
    if arguments.no_mock:
        provider = None
    elif provider is not None:
        port = arguments.provider_port
        if port is None and target.url is not None and provider.port == 0:
            port = _PROVIDER_PORT
        if port is not None:
            provider = msgspec.structs.replace(provider, port=port)
    plan = msgspec.structs.replace(plan, target=target, provider=provider)
    if arguments.seed is not None:
        plan = msgspec.structs.replace(plan, seed=arguments.seed)
    return _execute(_adjusted(plan, arguments), path, arguments)


def _plan_path(given: Path) -> Path:
    shipped = SCENARIOS / given.with_suffix(".yaml").name
    return shipped if not given.exists() and len(given.parts) == 1 and shipped.is_file() else given


def _adjusted(plan: Plan, arguments: argparse.Namespace) -> Plan:
    if arguments.workers is None:
        return plan
    if arguments.workers < 1:
        raise PlanError("--workers must be at least 1")
    return msgspec.structs.replace(plan, workers=arguments.workers)


def _execute(plan: Plan, path: Path, arguments: argparse.Namespace) -> int:
    from harness.run import Run  # here, because `streamproof mock` must not wait for all of it

    console = Console()
    with _Progress(console) as progress, _metrics(arguments.metrics_port) as tell_prometheus:

        def show(live: Live) -> None:
            progress.show(live)
            tell_prometheus(live)

        run = Run(plan, path, arguments.out, sys.argv, tell=console.print, show=show)
        run.execute()
    return _conclude(run.folder.root, console)


@contextmanager
def _metrics(port: int | None) -> Iterator[Callable[[Live], None]]:
    """Where each moment of a run is told, besides the terminal."""
    if port is None:
        yield lambda _: None
        return
    with MetricsServer(port) as server:
        yield server.show


class _Progress:
    """A panel redrawn in place on a terminal, a line every few seconds elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._panel = rich.live.Live(console=console, transient=True) if console.is_terminal else None
        self._next_line_s = 0.0
        self._minute = Minute()

    def __enter__(self) -> "_Progress":
        if self._panel is not None:
            self._panel.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._panel is not None:
            self._panel.stop()

    def show(self, live: Live) -> None:
        self._minute.add(live)
        if self._panel is not None:
            self._panel.update(dashboard(live, self._minute))
        elif live.elapsed_s >= self._next_line_s:
            self._next_line_s = live.elapsed_s + LINE_EVERY_S
            self._console.print(line(live), soft_wrap=True, highlight=False, markup=False)


def _report(arguments: argparse.Namespace) -> int:
    if len(arguments.folder) > MOST_RUNS:
        raise RunFolderError(f"{len(arguments.folder)} folders: an overlay shows at most {MOST_RUNS} runs")
    console = Console()
    audits = [folder for folder in arguments.folder if scorecard_files.is_audit(folder)]
    runs = [folder for folder in arguments.folder if folder not in audits]
    if audits and arguments.format:
        raise RunFolderError(f"{audits[0]}: an audit always leaves its formats; --format is for runs")
    codes = [_render_audit(folder, console) for folder in audits]
    codes += [_conclude(folder, console) for folder in runs]
    summaries = [json_report.decode((folder / "summary.json").read_bytes()) for folder in runs]
    for folder, summary in zip(runs, summaries, strict=True):
        for name in arguments.format:
            print(f"{name}: {write.write_format(name, summary, folder)}")
    if len(summaries) > 1:
        print(f"overlay: {write.write_overlay(summaries, arguments.overlay or Path('overlay.html'))}")
    return worst_code(codes)


def _conclude(folder: Path, console: Console) -> int:
    summary = judge(read_run(folder))
    write.write_all(summary, folder)
    console.print(terminal.final(summary, folder))
    return exit_code(summary)


def _render_audit(folder: Path, console: Console) -> int:
    try:
        card = scorecard_files.read(folder)
    except ValueError as error:
        raise RunFolderError(str(error)) from None
    scorecard_files.write_all(card, folder)
    console.print(scorecard_terminal.final(card, folder))
    return card.exit_code


def _doctor(arguments: argparse.Namespace) -> int:
    from harness.doctor.examination import examine
    from harness.doctor.text import closing_lines

    if arguments.workers < 1:
        raise PlanError("--workers must be at least 1")
    told: Callable[[str], None] = (lambda _: None) if arguments.json else print
    diagnosis = examine(arguments.quick, arguments.workers, told)
    if arguments.json:
        print(msgspec.json.encode(diagnosis).decode())
    for text in closing_lines(diagnosis):
        told(text)
    return diagnosis.exit_code


def _toxiproxy_install(_: argparse.Namespace) -> int:
    print(f"toxiproxy-server: {find_server() or install_server()}")
    return 0


def _networks(_: argparse.Namespace) -> int:
    print(*profile_lines(load_profiles()), sep="\n")
    journeys = {path.stem: load_as(path, NamedJourney) for path in sorted(JOURNEYS.glob("*.yaml"))}
    print("\njourneys, by name in a plan's cohorts:", *journey_lines(journeys), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
