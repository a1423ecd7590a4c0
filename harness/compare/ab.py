"""Runs a live comparison: starts what must be started, one run of blocks, and reads it back."""

import math
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness import preflight
from harness.compare.calibration_store import gate_is_disabled
from harness.compare.design import Design, arrivals, block_plan, extension, phase_name, prompts
from harness.compare.live import FirstHalf, check_gates, compare_blocks, read_design, without_ledger
from harness.compare.result import summarise
from harness.invocation import again
from harness.judge import judge
from harness.metrics.join import join
from harness.plan.plan import Plan
from harness.plan.reader import PlanError
from harness.run import Run
from harness.run_folder import RunFolder, RunFolderError, none_if_refused, read_run
from harness.stack.part import Part, free_port
from harness.summary import Summary
from reports import write
from reports.progress import Live

DESIGN = "compare.json"
PROVIDER_PORT = 8600  # where systems that are already up expect their provider
_OWN = "{python} -m gateway --upstream {provider} --port {port}"


class Arms(msgspec.Struct, frozen=True, kw_only=True):
    """The two systems: addresses, or commands with {port} and {provider}; neither: two of our gateways."""

    baseline: str = ""
    candidate: str = ""
    baseline_command: str = ""
    candidate_command: str = ""

    def __post_init__(self) -> None:
        for url, command in (
            (self.baseline, self.baseline_command),
            (self.candidate, self.candidate_command),
        ):
            if url and command:
                raise PlanError("give an address or a command for each system, not both")
            if url and not url.startswith(("http://", "https://")):
                raise PlanError(f"{url}: an address begins with http:// or https://")
            if command and "{port}" not in command:
                raise PlanError(f"{command!r}: the command must say {{port}} where it takes its port")

    @property
    def up_already(self) -> bool:
        return bool(self.baseline or self.candidate)


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """Where a comparison runs and whom it tells of it."""

    out: Path
    source: Path
    argv: list[str]
    tell: Callable[[str], None]
    show: Callable[[Live], None]


def compare_live(plan: Plan, design: Design, arms: Arms, where: Environment) -> tuple[Summary, RunFolder]:
    """One comparison, whole, with its extension where one was declared and is needed.

    Raises PlanError or StackError when it cannot start.
    """
    check_gates(design.gates)
    plan, port = _with_provider_port(plan, arms)
    bare = msgspec.structs.replace(plan, target=msgspec.structs.replace(plan.target, url=None))
    known = preflight.check(bare, where.source).prompts
    command = again(where.argv)
    folder = where.out / ".compare" / f"{design.seed}-{design.pairs}x{design.block}-{design.rate:g}"
    with none_if_refused(folder.parent), _systems(arms, port, where) as (baseline, candidate):
        design = msgspec.structs.replace(design, baseline=baseline, candidate=candidate)
        made = _run_blocks(plan, design, known, folder, where)
        summary = judge_live(made.root, command)
        if design.extend and summary.verdict.state == "INCONCLUSIVE" and not summary.run.interrupted:
            write.write_all(summary, made.root)
            where.tell(f"{made.root.name} is INCONCLUSIVE; {design.pairs} further pairs, as declared")
            where.tell(f"its own report  {made.root / 'report.html'}")
            made = _run_blocks(plan, extension(design, made.root.name), known, folder, where)
            summary = judge_live(made.root, command)
    return summary, made


def _run_blocks(
    plan: Plan, design: Design, known: Sequence[str], inputs: Path, where: Environment
) -> RunFolder:
    """One run of the design's blocks; its folder, with the design in it."""
    traces, prompts_file = _write_inputs(design, known, inputs)
    blocks = block_plan(plan, design, traces, prompts_file)
    systems = {
        phase_name(pair, arm): design.baseline if arm == "baseline" else design.candidate
        for pair, arm in design.blocks
    }
    run = Run(blocks, where.source, where.out, where.argv, where.tell, where.show, systems)
    run.execute()
    (run.folder.root / DESIGN).write_bytes(msgspec.json.format(msgspec.json.encode(design), indent=1))
    return run.folder


def judge_live(root: Path, command: str = "") -> Summary:
    """The verdict on a finished comparison, from its folder alone."""
    design = read_design((root / DESIGN).read_bytes())
    run = read_run(root)
    summary = judge(run)
    joined = join(run)
    invalid = _invalid(summary) or without_ledger(joined, design) or gate_is_disabled(root.parent)
    before = None
    if design.extends:
        before = _extended(root.parent / design.extends)
    compared = compare_blocks(joined, design, invalid, before)
    return summarise(summary, compared, command or summary.run.command)


def _extended(root: Path) -> FirstHalf:
    """The run that another one extends. Raises RunFolderError."""
    if not (root / DESIGN).is_file():
        raise RunFolderError(
            f"{root}: holds the first half of this comparison and is gone; keep both folders"
        )
    run = read_run(root)
    return FirstHalf(join(run), read_design((root / DESIGN).read_bytes()), _invalid(judge(run)))


def _invalid(summary: Summary) -> str:
    bad = [check.id for check in summary.validity.checks if check.state == "INVALID"]
    if summary.run.died:
        return "; ".join(summary.run.died)
    if summary.validity.state == "INVALID":
        return f"the measurement is invalid ({', '.join(bad)})"
    return ""


def _with_provider_port(plan: Plan, arms: Arms) -> tuple[Plan, int]:
    """The plan with a port for the mock that systems can be told of before it is up."""
    if plan.provider is None:
        return plan, 0
    port = plan.provider.port or (PROVIDER_PORT if arms.up_already else free_port())
    return msgspec.structs.replace(plan, provider=msgspec.structs.replace(plan.provider, port=port)), port


def _write_inputs(design: Design, known: Sequence[str], folder: Path) -> tuple[dict[int, str], str]:
    folder.mkdir(parents=True, exist_ok=True)
    traces = {}
    for pair in (-1, *design.numbers):
        path = (folder / f"arrivals-{pair + 1:03d}.txt").resolve()
        path.write_text("".join(f"{offset:.6f}\n" for offset in arrivals(design, pair)), encoding="utf-8")
        traces[pair] = str(path)
    file = (folder / "prompts.jsonl").resolve()
    lines = (msgspec.json.encode({"prompt": prompt}).decode() for prompt in prompts(design, list(known)))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return traces, str(file)


@contextmanager
def _systems(arms: Arms, provider_port: int, where: Environment) -> Iterator[tuple[str, str]]:
    """Both systems' addresses; what is started here is stopped here. Raises StackError."""
    provider = f"http://127.0.0.1:{provider_port}"
    parts: list[Part] = []
    urls = []
    try:
        for name, url, command in (
            ("baseline", arms.baseline, arms.baseline_command),
            ("candidate", arms.candidate, arms.candidate_command),
        ):
            if not url:
                port = free_port()
                words = _words(command or _OWN, f"--{name}-command", port, provider)
                part = Part(name, words, where.out / ".compare" / f"{name}.log")
                parts.append(part)
                part.start()
                part.wait_port(port)
                url = f"http://127.0.0.1:{port}"
            where.tell(f"{name:<15} {url}")
            urls.append(url)
        yield urls[0], urls[1]
    finally:
        for part in parts:
            part.stop()


def _words(command: str, option: str, port: int, provider: str) -> list[str]:
    """A command with its places filled in. Raises PlanError."""
    try:
        return [
            word.format(port=port, provider=provider, python=sys.executable) for word in shlex.split(command)
        ]
    except (KeyError, IndexError, ValueError) as error:
        places = "{port}, {provider} and {python}"
        raise PlanError(f"{option}: cannot fill in {command!r} ({error}); its places are {places}") from None


def expected_s(design: Design) -> float:
    """How long the blocks take, without start and drain."""
    return math.fsum(float(arrivals(design, pair)[-1]) + design.rest_s for pair, _ in design.blocks)
