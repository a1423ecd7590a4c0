"""Judge finished runs again from their records and render their reports; several are laid over each other."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from harness.judge import exit_code, judge
from harness.run_folder import RunFolderError, read_run, writing
from harness.summary import Summary
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
    codes += [_render(folder, say) for folder in runs]
    summaries = [json_report.decode((folder / "summary.json").read_bytes()) for folder in runs]
    for folder, summary in zip(runs, summaries, strict=True):
        for name in arguments.format:
            say(f"{name}: {write.write_format(name, summary, folder)}")
    if len(summaries) > 1:
        overlay = arguments.overlay or Path("overlay.html")
        with writing(overlay, "name another file with --overlay"):
            say(f"overlay: {write.write_overlay(summaries, overlay)}")
    return worst_code(codes)


def conclude(folder: Path, say: Say) -> int:
    """Judge the run in `folder`, write its reports and say how it ended; returns the exit code."""
    summary = judge(read_run(folder))
    _written(summary, folder, say)
    return exit_code(summary)


def _render(folder: Path, say: Say) -> int:
    """The same, where `folder` may also be that of a comparison or of a capacity search."""
    from harness.compare.ab import DESIGN, judge_live

    if (folder / DESIGN).is_file():
        summary = judge_live(folder)
    elif (stored := _built_on_runs(folder)) is not None:
        summary = stored
    else:
        return conclude(folder, say)
    _written(summary, folder, say)
    return summary.verdict.exit_code


def _built_on_runs(folder: Path) -> Summary | None:
    """What was judged from other folders, whose records are not in this one: its summary is all there is."""
    file = folder / "summary.json"
    if (folder / "plan.yaml").exists() or not file.is_file():
        return None
    try:
        summary = json_report.decode(file.read_bytes())
    except ValueError as error:
        raise RunFolderError(f"{file}: {error}") from None
    return summary if summary.compare is not None or summary.capacity is not None else None


def _written(summary: Summary, folder: Path, say: Say) -> None:
    with writing(folder, "make it writable, or copy the folder and name the copy"):
        write.write_all(summary, folder)
    say(terminal.final(summary, folder), wrap=True)


def _render_audit(folder: Path, say: Say) -> int:
    try:
        card = scorecard_files.read(folder)
    except ValueError as error:
        raise RunFolderError(str(error)) from None
    scorecard_files.write_all(card, folder)
    say(scorecard_terminal.final(card, folder), wrap=True)
    return card.exit_code
