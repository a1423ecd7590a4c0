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
    """One summary that cannot be read does not hide the others. Raises RunFolderError where none can be."""
    folders = [path.parent for path in sorted(arguments.folder.glob("*/summary.json"))]
    if not folders:
        raise RunFolderError(f"{arguments.folder}: holds no run with a summary.json")
    summaries, unread = [], []
    for folder in folders:
        try:
            summaries.append(read_summary(folder))
        except RunFolderError as error:
            unread.append(f"left out: {error}")
    if not summaries:
        raise RunFolderError("\n".join(unread))
    found = trends(summaries)
    for line in [msgspec.json.encode(found).decode()] if arguments.json else [*lines(found), *unread]:
        tell(line)
    return 0
