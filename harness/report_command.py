"""Judge finished runs again from their records and render their reports; several are laid over each other."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from harness.judge import exit_code, judge
from harness.run_folder import RunFolderError, read_run
from harness.telling import Say
from harness.verdict import worst_code
from reports import formats, json_report, terminal, write
from reports.overlay import MOST_RUNS
from reports.scorecard import terminal as scorecard_terminal
from reports.scorecard import write as scorecard_files


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="+", help="folders below runs/; changes are against the first"
    )
    parser.add_argument(
        "--overlay", type=Path, metavar="FILE", help="where the page of several runs goes (overlay.html)"
    )
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        choices=formats.names(),
        help="also write this one; repeatable",
    )


def run(arguments: argparse.Namespace, _argv: Sequence[str], say: Say, *_: object) -> int:
    if len(arguments.folder) > MOST_RUNS:
        raise RunFolderError(f"{len(arguments.folder)} folders: an overlay shows at most {MOST_RUNS} runs")
    audits = [folder for folder in arguments.folder if scorecard_files.is_audit(folder)]
    runs = [folder for folder in arguments.folder if folder not in audits]
    if audits and arguments.format:
        raise RunFolderError(f"{audits[0]}: an audit always leaves its formats; --format is for runs")
    codes = [_render_audit(folder, say) for folder in audits]
    codes += [conclude(folder, say) for folder in runs]
    summaries = [json_report.decode((folder / "summary.json").read_bytes()) for folder in runs]
    for folder, summary in zip(runs, summaries, strict=True):
        for name in arguments.format:
            say(f"{name}: {write.write_format(name, summary, folder)}")
    if len(summaries) > 1:
        say(f"overlay: {write.write_overlay(summaries, arguments.overlay or Path('overlay.html'))}")
    return worst_code(codes)


def conclude(folder: Path, say: Say) -> int:
    """Judge the run in `folder`, write its reports and say how it ended; returns the exit code."""
    summary = judge(read_run(folder))
    write.write_all(summary, folder)
    say(terminal.final(summary, folder), wrap=True)
    return exit_code(summary)


def _render_audit(folder: Path, say: Say) -> int:
    try:
        card = scorecard_files.read(folder)
    except ValueError as error:
        raise RunFolderError(str(error)) from None
    scorecard_files.write_all(card, folder)
    say(scorecard_terminal.final(card, folder), wrap=True)
    return card.exit_code
