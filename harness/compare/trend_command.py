"""`streamproof trend`: stored summaries over time. It always ends with 0: advice, and never a gate."""

import argparse
from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.compare.gate_command import read_summary
from harness.compare.trend import lines, trends
from harness.run_folder import RunFolderError


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs"), help="the folder of runs")
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace, argv: list[str], tell: Callable[[str], None], *_: object) -> int:
    """Raises RunFolderError when there is no summary at all."""
    folders = [path.parent for path in sorted(arguments.folder.glob("*/summary.json"))]
    if not folders:
        raise RunFolderError(f"{arguments.folder}: holds no run with a summary.json")
    found = trends([read_summary(folder) for folder in folders])
    for line in [msgspec.json.encode(found).decode()] if arguments.json else lines(found):
        tell(line)
    return 0
