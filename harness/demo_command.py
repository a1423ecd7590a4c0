"""One minute against our own gateway, then a report."""

import argparse
from collections.abc import Callable, Sequence

from harness.plan.reader import load_plan
from harness.preflight import SCENARIOS
from harness.run_command import execute, options_of_any_run
from harness.telling import Say
from reports.progress import Live

options = options_of_any_run


def run(arguments: argparse.Namespace, argv: Sequence[str], say: Say, show: Callable[[Live], None]) -> int:
    path = SCENARIOS / "demo.yaml"
    return execute(load_plan(path), path, arguments, argv, say, show)
