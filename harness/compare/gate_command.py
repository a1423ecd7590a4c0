"""`streamproof gate`: one line in a pipeline. A finished run or comparison -> exit code and what CI shows."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from harness.run_folder import RunFolderError, writing
from harness.summary import Summary
from reports import formats, json_report
from reports.write import write_format

_FORMATS = ("junit", "markdown", "github_annotations", "github_summary")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a run or comparison; a folder of runs: the newest in it")
    parser.add_argument("--out", type=Path, help="where the files go (default: the folder itself)")
    parser.add_argument(
        "--inconclusive", choices=["3", "0", "1"], default="3", help="exit code of INCONCLUSIVE (default: 3)"
    )


def run(arguments: argparse.Namespace, argv: list[str], tell: Callable[[str], None], *_: object) -> int:
    """The verdict's exit code. Under GitHub Actions annotations are printed and the step summary grows."""
    folder = newest(arguments.folder)
    summary = read_summary(folder)
    out = arguments.out or folder
    with writing(out, "choose another place with --out"):
        for name in _FORMATS:
            write_format(name, summary, out)
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(formats.render("github_summary", summary))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in formats.render("github_annotations", summary).splitlines():
            tell(line)
    tell(
        f"{summary.verdict.state}: {'; '.join(summary.verdict.sentences[:1] or summary.verdict.reasons[:1])}"
    )
    tell(f"junit, markdown, annotations, summary: {out}")
    return exit_code(summary, int(arguments.inconclusive))


def exit_code(summary: Summary, inconclusive: int) -> int:
    """The verdict's own, INCONCLUSIVE mapped by policy; the state stays what it is."""
    code = summary.verdict.exit_code
    return inconclusive if code == 3 else code


def newest(folder: Path) -> Path:
    """The folder itself, or the newest below it that has a summary. Raises RunFolderError."""
    if (folder / "summary.json").is_file():
        return folder
    found = sorted(folder.glob("*/summary.json"), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise RunFolderError(
            f"{folder}: no summary.json here or one folder below; run `streamproof run` or `compare` first"
        )
    return found[-1].parent


def read_summary(folder: Path) -> Summary:
    """Raises RunFolderError."""
    try:
        return json_report.decode((folder / "summary.json").read_bytes())
    except ValueError as error:
        raise RunFolderError(f"{folder / 'summary.json'}: {error}") from None
