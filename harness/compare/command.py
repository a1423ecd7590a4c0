"""`streamproof compare`: baseline against candidate, live or from two stored runs."""

import argparse
from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.compare.design import LOOK_ALPHA, Design
from harness.compare.gates import Rule
from harness.plan.plan import Plan
from harness.plan.reader import PlanError, load_plan
from harness.preflight import aimed_at, plan_path
from harness.summary import Summary
from reports.progress import Live


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs", nargs="*", type=Path, help="two runs, baseline first; one: judge a live comparison again"
    )
    parser.add_argument("--force", action="store_true", help="compare runs that differ, as advice only")
    parser.add_argument(
        "--history",
        nargs="+",
        type=Path,
        default=[],
        metavar="RUN",
        help="five or more earlier baseline runs",
    )
    live = parser.add_argument_group("live")
    live_options(live)
    live.add_argument("--baseline", default="", metavar="URL", help="a system that is already up")
    live.add_argument("--candidate", default="", metavar="URL", help="the other one")
    live.add_argument(
        "--baseline-command",
        default="",
        metavar="COMMAND",
        help="starts it; {port} and {provider} are filled in",
    )
    live.add_argument("--candidate-command", default="", metavar="COMMAND", help="starts the other one")


def live_options(group: "argparse._ArgumentGroup | argparse.ArgumentParser") -> None:
    """What fixes a live comparison before its first block."""
    usual = Design()
    group.add_argument(
        "--plan", type=Path, default=Path("steady"), help="target and provider (default: steady)"
    )
    group.add_argument("--pairs", type=int, default=usual.pairs, help="pairs of blocks (default: 20)")
    group.add_argument(
        "--streams", type=int, default=usual.streams, help="measured ones a block (default: 100)"
    )
    group.add_argument(
        "--rate", type=float, default=usual.rate, help="streams a second in a block (default: 50)"
    )
    group.add_argument("--rest", type=float, default=usual.rest_s, help="seconds for a block's last streams")
    group.add_argument(
        "--max-tokens", type=int, default=12, help="longest answer (default: 12; 0: the plan's)"
    )
    group.add_argument("--seed", type=int, default=usual.seed)
    group.add_argument("--gate", action="append", default=[], help="at most four; e.g. 'ttft_user p95'")
    group.add_argument("--min-effect", type=float, default=3.0, help="%% that never fails (default: 3)")
    group.add_argument("--limit", type=float, default=10.0, help="%% that a pass excludes (default: 10)")
    group.add_argument(
        "--null", choices=["zero", "margin"], default="zero", help="what a failure must exceed"
    )
    group.add_argument(
        "--extend",
        action="store_true",
        help="once more as many pairs if these leave it INCONCLUSIVE; either look then errs half as often",
    )
    group.add_argument("--no-mock", action="store_true", help="the systems have a provider of their own")
    group.add_argument("--out", type=Path, default=Path("runs"), help="where runs are kept")


def design_of(arguments: argparse.Namespace) -> Design:
    """Raises PlanError."""
    try:
        rule = Rule(
            alpha=LOOK_ALPHA if arguments.extend else Rule().alpha,
            min_effect=arguments.min_effect / 100,
            limit=arguments.limit / 100,
            null=arguments.null,
        )
        return Design(
            pairs=arguments.pairs,
            extend=arguments.extend,
            streams=arguments.streams,
            rate=arguments.rate,
            rest_s=arguments.rest,
            seed=arguments.seed,
            rule=rule,
            **({"gates": arguments.gate} if arguments.gate else {}),
        )
    except ValueError as error:
        raise PlanError(str(error)) from None


def plan_of(arguments: argparse.Namespace) -> tuple[Plan, Path]:
    """(plan, its file). Raises PlanError."""
    path = plan_path(arguments.plan)
    plan = load_plan(path)
    if arguments.max_tokens < 0:
        raise PlanError("--max-tokens must not be negative; 0 takes the plan's")
    if arguments.max_tokens:
        target = msgspec.structs.replace(plan.target, max_tokens=arguments.max_tokens)
        plan = msgspec.structs.replace(plan, target=target)
    if arguments.no_mock:
        plan = msgspec.structs.replace(plan, provider=None)
    return plan, path


def run(
    arguments: argparse.Namespace, argv: list[str], tell: Callable[[str], None], show: Callable[[Live], None]
) -> int:
    from harness.compare.ab import DESIGN, Arms, Environment, compare_live, judge_live
    from harness.compare.offline import compare_stored
    from reports import write

    if len(arguments.runs) == 1 and (arguments.runs[0] / DESIGN).is_file():
        [folder] = arguments.runs
        summary = judge_live(folder)
    elif arguments.runs:
        if len(arguments.runs) != 2:
            raise PlanError(
                "name two run folders, the baseline first; or one of a live comparison; or none, and "
                "--baseline and --candidate"
            )
        baseline, candidate = arguments.runs
        summary, folder = compare_stored(baseline, candidate, arguments.history, arguments.force, argv)
    else:
        plan, path = plan_of(arguments)
        for flag, url in (("--baseline", arguments.baseline), ("--candidate", arguments.candidate)):
            if url:
                aimed_at(plan.target, url, flag)
        arms = Arms(
            baseline=arguments.baseline,
            candidate=arguments.candidate,
            baseline_command=arguments.baseline_command,
            candidate_command=arguments.candidate_command,
        )
        where = Environment(out=arguments.out, source=path, argv=argv, tell=tell, show=show)
        summary, made = compare_live(plan, design_of(arguments), arms, where)
        folder = made.root
    write.write_all(summary, folder)
    for line in told(summary):
        tell(line)
    tell(f"report {folder / 'report.html'}")
    return summary.verdict.exit_code


def told(summary: Summary) -> list[str]:
    """The verdict in lines."""
    marks = {"PASS": "v", "FAIL": "x", "INCONCLUSIVE": "?", "INVALID": "!", "NOT MEASURED": "-"}
    lines = [f"VERDICT  {summary.verdict.state}   measurement {summary.validity.state}"]
    lines += [f"  {sentence}" for sentence in summary.verdict.sentences]
    order = ("INVALID", "FAIL", "INCONCLUSIVE", "NOT MEASURED", "PASS")
    for check in sorted(summary.checks, key=lambda check: order.index(check.state)):
        lines.append(f"  {marks[check.state]} {check.state:<12} {check.id}: {check.evidence}")
        if check.fix:
            lines.append(f"      fix: {check.fix}")
    return lines + [f"  note: {note}" for note in summary.run.notes]
