"""`streamproof audit`: which promises a streaming system keeps; evidence and fix for those that it breaks."""

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.console import RenderableType

from gateway import defects
from harness import dialects
from harness.audit.built_in import BuiltIn
from harness.audit.choosing import chosen, listing
from harness.audit.interruption import Interruption
from harness.audit.mock import USUAL_MOCK, usual_mock
from harness.audit.run import Wanted, audit, folder_of
from harness.plan.address import without_user_info
from harness.plan.audited import Audited, ProviderAdmin
from harness.plan.reader import PlanError, load_as
from harness.plan.target import Target
from harness.preflight import SCENARIOS, known
from harness.run_folder import made_early, writing
from harness.scorecard import GROUPS, Scorecard, encode
from reports.scorecard import terminal, write

Tell = Callable[[RenderableType], None]


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        nargs="?",
        metavar="FILE|URL",
        help="a target file, or a bare URL; without one our own gateway is audited, with our mock behind it",
    )
    parser.add_argument(
        "--provider",
        metavar="URL",
        help=f"for a bare URL: the mock behind it (default: {USUAL_MOCK}, if one is there)",
    )
    parser.add_argument("--only", metavar="A,B", help="these checks alone")
    parser.add_argument("--group", action="append", choices=GROUPS, help="the checks of a group; repeatable")
    parser.add_argument("--thorough", action="store_true", help="look for limits of time up to 20 minutes")
    parser.add_argument(
        "--defect", action="append", default=[], metavar="NAME", help="our gateway shall have this defect"
    )
    parser.add_argument("--out", type=Path, default=Path("runs"), help="where the folder goes (%(default)s)")
    parser.add_argument("--json", action="store_true", help="the scorecard as JSON, and nothing else")
    parser.add_argument("--list", action="store_true", help="name the checks and end")


def run(arguments: argparse.Namespace, argv: list[str], tell: Tell, *_: object) -> int:
    """Raises PlanError, StackError or RunFolderError where nothing can be audited; gives the exit code."""
    checks = chosen(arguments.only, arguments.group)
    if arguments.list:
        for line in listing(checks):
            tell(line)
        return 0
    for name in arguments.defect:
        known("--defect", name, defects.names())
    told: Callable[[str], None] = (lambda _: None) if arguments.json else tell
    wanted = Wanted(checks=checks, thorough=arguments.thorough, argv=argv, defects=arguments.defect)
    # the interruption to the end: what there is must be written, too
    with made_early(arguments.out), Interruption() as interruption:
        card = _audit(arguments, wanted, told, interruption)
        folder = folder_of(card, arguments.out)
        with writing(folder, "choose another place with --out"):
            write.write_all(card, folder)
    if arguments.json:
        tell(encode(card).decode().rstrip())
    else:
        tell(terminal.final(card, folder))
    return card.exit_code


def _audit(
    arguments: argparse.Namespace,
    wanted: Wanted,
    told: Callable[[str], None],
    interruption: Interruption,
) -> Scorecard:
    if arguments.target is None:
        return _own(wanted, told, interruption)
    if arguments.defect:
        raise PlanError("--defect is for our own gateway; leave the target out, or start it with --defect")
    if arguments.target.startswith(("http://", "https://")):
        provider = arguments.provider or usual_mock()
        file = _bare(arguments.target, provider)
        told(f"mock provider  {provider or 'none: only what users see is judged'}")
        return audit(file, wanted, tell=told, interruption=interruption)
    if "://" in arguments.target:
        raise PlanError(f"{without_user_info(arguments.target)}: an address begins with http:// or https://")
    if arguments.provider is not None:
        raise PlanError(f"--provider is for a bare URL; write provider.admin into {arguments.target}")
    if (
        arguments.target in {path.stem for path in SCENARIOS.glob("*.yaml")}
        and not Path(arguments.target).exists()
    ):
        raise _is_plan(arguments.target)
    file = load_as(Path(arguments.target), Audited, partial(_no_plan, arguments.target))
    known("target.dialect", file.target.dialect, dialects.names())
    wanted = msgspec.structs.replace(wanted, target_file=arguments.target)
    return audit(file, wanted, tell=told, interruption=interruption)


def _no_plan(source: str, data: dict[str, Any]) -> dict[str, Any]:
    """`data` as it is. Raises PlanError for the other kind of file that there is."""
    if "phases" in data:
        raise _is_plan(source)
    return data


def _is_plan(source: str) -> PlanError:
    return PlanError(
        f"{source}: a plan, which says who comes when, and no target file; run it with "
        f"`streamproof run {source}`, or give an audit a URL or a file with target.url"
    )


def _own(wanted: Wanted, told: Callable[[str], None], interruption: Interruption) -> Scorecard:
    with (
        tempfile.TemporaryDirectory(prefix="streamproof-audit-") as folder,
        BuiltIn(Path(folder), told, wanted.defects) as own,
    ):
        return audit(own.file, wanted, tell=told, stop=own.stop, start=own.start, interruption=interruption)


def _bare(url: str, provider: str | None) -> Audited:
    """A target of which only its URL is known. Raises PlanError."""
    try:
        behind = ProviderAdmin(admin=provider) if provider is not None else None
        return Audited(target=Target(url=url), provider=behind)
    except ValueError as error:
        raise PlanError(f"{without_user_info(url)}: {error}") from None
