"""The `streamproof` command: find the subcommand, parse, call, print, exit code.

A command is a module with `options(parser)` and `run(arguments, argv, say, show) -> exit code`. Only the one
that is asked for is loaded.
"""

import argparse
import difflib
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import NoReturn

from harness import __version__
from harness.invocation import program
from harness.problem import Problem
from harness.sockets import raise_limit

_COMMANDS = {  # in the order of --help
    "demo": ("harness.demo_command", "one minute against our own gateway, then a report"),
    "run": ("harness.run_command", "run a plan and judge it"),
    "report": (
        "harness.report_command",
        "judge runs again and render their reports; several are laid over each other; also an audit's",
    ),
    "doctor": ("harness.doctor.command", "may this machine measure, and how much"),
    "mock": ("mock_provider.command", "the mock provider alone (see `mock --help`)"),
    "gateway": ("gateway.__main__", "the reference gateway alone (see `gateway --help`)"),
    "audit": ("harness.audit.command", "which promises a streaming system keeps, and the fix for the others"),
    "compare": ("harness.compare.command", "baseline against candidate: live blocks, or two stored runs"),
    "gate": ("harness.compare.gate_command", "a run, comparison or audit for CI: exit code, JUnit, …"),
    "calibrate": ("harness.compare.calibrate_command", "A/A comparisons here, and +10 %% that must be found"),
    "trend": ("harness.compare.trend_command", "slow changes over many stored runs (advice)"),
    "capacity": ("harness.capacity.command", "the most load that the plan's objectives allow"),
    "traces": ("harness.traces_command", "a run's streams as OpenTelemetry spans"),
    "headroom": ("harness.capacity.headroom_command", "the provider quotas that a load needs"),
    "toxiproxy": ("harness.network.install_command", "the network proxy"),
    "networks": ("harness.network.listing_command", "list the link profiles with their sources"),
}
_SERVERS = ("mock", "gateway")  # a process of its own, whose `main` parses for itself
_ERROR = 4  # usage, environment, harness error or interrupted
_EXIT_CODES = "exit codes: 0 pass, 1 failed, 2 measurement invalid, 3 inconclusive, 4 usage or environment"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Bad input ends in one message on stderr and 4."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if not words or words[0] not in _COMMANDS:
            _help_or_complain(words)
        raise_limit()
        if words[0] in _SERVERS:
            return int(importlib.import_module(_COMMANDS[words[0]][0]).main(words[1:]))
        with _sigterm_as_ctrl_c():
            return _run(words)
    except Problem as problem:
        print(f"streamproof: {problem}", file=sys.stderr)
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
        self.exit(_ERROR, f"{self.prog}: {message}{self._near(message)}; --help says what there is\n")

    def _near(self, message: str) -> str:
        wrong = message.partition("unrecognized arguments: ")[2].partition(" ")[0].partition("=")[0]
        near = difflib.get_close_matches(wrong, list(self._option_string_actions), 1)
        return f" (did you mean {near[0]}?)" if near else ""


def _help_or_complain(words: list[str]) -> NoReturn:
    """What is no command is a wish for help, for the version, or a mistake."""
    parser = _Parser(
        prog="streamproof",
        description="Load and resilience testing for streaming LLM systems, measured from both ends.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"streamproof {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (_, text) in _COMMANDS.items():
        commands.add_parser(name, add_help=False, help=text)
    parser.parse_args(words)
    parser.error("begin with the command")


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """It too ends a command with a word, and after clearing up."""
    usual = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, usual)


def _imported(name: str) -> ModuleType:
    """A module; an interruption is heeded when it is there, for an import cut in its midst may lose it."""
    heard: list[int] = []
    usual = {n: signal.signal(n, lambda n, _: heard.append(n)) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        return importlib.import_module(name)
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
        if heard:
            raise KeyboardInterrupt


def _run(words: list[str]) -> int:
    module = _imported(_COMMANDS[words[0]][0])
    from harness.telling import Teller  # here, for a quick --help

    epilog = getattr(module, "EXIT_CODES", _EXIT_CODES)
    parser = _Parser(prog=f"streamproof {words[0]}", description=module.__doc__, epilog=epilog)
    module.options(parser)
    arguments = parser.parse_args(words[1:])
    with Teller() as teller:
        return int(module.run(arguments, [program(sys.argv[0]), *words], teller.say, teller.show))


if __name__ == "__main__":
    sys.exit(main())
