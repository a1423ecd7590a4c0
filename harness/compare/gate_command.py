"""`streamproof gate`: one line in a pipeline. A run, comparison or audit -> exit code and what CI shows."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.run_folder import RunFolderError, writing
from harness.summary import State, Summary
from reports import formats, json_report
from reports.scorecard import annotations, junit, markdown
from reports.scorecard import write as scorecard_files

_FORMATS = ("junit", "markdown", "github_annotations", "github_summary")


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a run, comparison or audit; a folder of them: the newest")
    parser.add_argument("--out", type=Path, help="where the files go (default: the folder itself)")
    parser.add_argument(
        "--inconclusive", choices=["3", "0", "1"], default="3", help="exit code of INCONCLUSIVE (default: 3)"
    )


class Gated(msgspec.Struct, frozen=True):
    """What is gated, whether from a summary or from a scorecard. The files by their usual names."""

    state: State
    exit_code: int
    told: str
    files: dict[str, str]
    annotations: str
    step_summary: str


def run(arguments: argparse.Namespace, argv: list[str], tell: Callable[[str], None], *_: object) -> int:
    """The verdict's exit code. Under GitHub Actions annotations are printed and the step summary grows."""
    folder = newest(arguments.folder)
    gated = _audit(folder) if scorecard_files.is_audit(folder) else _run(folder)
    out = arguments.out or folder
    with writing(out, "choose another place with --out"):
        out.mkdir(parents=True, exist_ok=True)
        for name, text in gated.files.items():
            (out / name).write_text(text, "utf-8", newline="\n")
    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        with (
            writing(Path(target), "GITHUB_STEP_SUMMARY names it"),
            Path(target).open("a", encoding="utf-8") as file,
        ):
            file.write(gated.step_summary)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in gated.annotations.splitlines():
            tell(line)
    tell(f"{gated.state}: {gated.told}")
    if folder != arguments.folder:
        tell(f"gated: {folder}, the newest there")
    tell(f"junit, markdown, annotations, summary: {out}")
    return exit_code(gated.exit_code, int(arguments.inconclusive))


def _run(folder: Path) -> Gated:
    summary = read_summary(folder)
    verdict = summary.verdict
    texts = {name: formats.render(name, summary) for name in _FORMATS}
    return Gated(
        verdict.state,
        verdict.exit_code,
        "; ".join(verdict.sentences[:1] or verdict.reasons[:1]),
        {formats.file_name(name): text for name, text in texts.items()},
        texts["github_annotations"],
        texts["github_summary"],
    )


def _audit(folder: Path) -> Gated:
    """The comment is the step summary too: it fits, and says the same. Raises RunFolderError."""
    try:
        card = scorecard_files.read(folder)
    except ValueError as error:
        raise RunFolderError(str(error)) from None
    comment, commands = markdown.render(card), annotations.render(card)
    return Gated(
        card.state,
        card.exit_code,
        card.headline,
        {
            junit.FILE: junit.render(card),
            markdown.FILE: comment,
            annotations.FILE: commands,
            formats.file_name("github_summary"): comment,
        },
        commands,
        comment,
    )


def exit_code(code: int, inconclusive: int) -> int:
    """The verdict's own, INCONCLUSIVE mapped by policy; the state stays what it is."""
    return inconclusive if code == 3 else code


def newest(folder: Path) -> Path:
    """The folder itself, or the newest below it that has a verdict. Raises RunFolderError."""
    names = ("summary.json", scorecard_files.JSON)
    if folder.name in names and folder.is_file():
        return folder.parent
    if any((folder / name).is_file() for name in names):
        return folder
    found = sorted(
        (path for name in names for path in folder.glob(f"*/{name}")),
        key=lambda path: path.stat().st_mtime_ns,
    )
    if not found:
        raise RunFolderError(
            f"{folder}: no summary.json or {scorecard_files.JSON} here or one folder below; run "
            "`streamproof run`, `compare` or `audit` first"
        )
    return found[-1].parent


def read_summary(folder: Path) -> Summary:
    """Raises RunFolderError."""
    try:
        return json_report.decode((folder / "summary.json").read_bytes())
    except ValueError as error:
        raise RunFolderError(f"{folder / 'summary.json'}: {error}") from None
