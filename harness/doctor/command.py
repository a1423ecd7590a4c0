"""May this machine measure, and how much: its clock, its processes, and how many token events it can read."""

import argparse
from collections.abc import Callable, Sequence

import msgspec

from harness.doctor.examination import examine
from harness.doctor.text import closing_lines
from harness.plan.reader import PlanError
from harness.plan.workers import workers_refused

EXIT_CODES = "exit codes: 0 it can, 2 it cannot, 4 usage"


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="about 20 s instead of a minute or more")
    parser.add_argument("--workers", type=int, default=1, help="then with so many load processes at once")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")


def run(arguments: argparse.Namespace, _argv: Sequence[str], say: Callable[[str], None], *_: object) -> int:
    if refused := workers_refused(arguments.workers, "--workers"):
        raise PlanError(refused)
    told: Callable[[str], None] = (lambda _: None) if arguments.json else say
    diagnosis = examine(arguments.quick, arguments.workers, told)
    if arguments.json:
        say(msgspec.json.encode(diagnosis).decode())
    for text in closing_lines(diagnosis):
        told(text)
    return diagnosis.exit_code
