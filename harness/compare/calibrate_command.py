"""`streamproof calibrate`: does the gate keep its promises on this machine?"""

import argparse
from collections.abc import Callable

import msgspec

from harness.compare.command import design_of, live_options, plan_of
from harness.plan.reader import PlanError
from harness.preflight import aimed_at
from reports.numerals import counted
from reports.progress import Live


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=1, help="A/A comparisons (default: 1)")
    parser.add_argument("--controls", type=int, default=1, help="comparisons with +10 %% TTFT (default: 1)")
    parser.add_argument(
        "--target", default="", metavar="URL", help="both arms (default: two of our gateways)"
    )
    live_options(parser)


def run(
    arguments: argparse.Namespace, argv: list[str], tell: Callable[[str], None], show: Callable[[Live], None]
) -> int:
    """0: calibrated; 1: too many false alarms, or the control was missed; 3: nothing could be judged."""
    from harness.compare import calibration_store as store
    from harness.compare.ab import Arms, Environment, compare_live
    from reports import write

    if arguments.runs < 0 or arguments.controls < 0 or arguments.runs + arguments.controls < 1:
        raise PlanError("--runs and --controls must not be negative, and one of them at least 1")
    plan, path = plan_of(arguments)
    if plan.provider is None and arguments.controls:
        raise PlanError("the +10 % control is played by the mock provider; with --no-mock say --controls 0")
    if arguments.target:
        aimed_at(plan.target, arguments.target, "--target")
    arms = Arms(baseline=arguments.target, candidate=arguments.target)
    where = Environment(out=arguments.out, source=path, argv=argv, tell=tell, show=show)
    usual = design_of(arguments)
    for number in range(arguments.runs + arguments.controls):
        control = number >= arguments.runs
        design = msgspec.structs.replace(
            usual, seed=usual.seed + len(store.read(arguments.out)), slower=0.1 if control else 0.0
        )
        summary, folder = compare_live(plan, design, arms, where)
        write.write_all(summary, folder.root)
        if summary.run.interrupted and not summary.run.died:
            raise KeyboardInterrupt  # else the next comparison would begin
        failed = [check.id for check in summary.checks if check.state == "FAIL"]
        kind = "+10 %" if control else "a/a"
        state = summary.verdict.state
        store.add(
            arguments.out,
            store.Trial(
                kind=kind,  # type: ignore[arg-type]
                state=state,
                run=folder.root.name,
                machine=store.machine(),
                gate=", ".join(failed),
            ),
        )
        tell(f"{kind}: {state} {'; '.join(summary.verdict.sentences[:1])}")
    found = store.standing(store.read(arguments.out))
    tell(
        f"{counted(found.false_alarms, 'false alarm')} in {counted(found.comparisons, 'A/A comparison')} "
        f"(95 % interval {found.rate_low:.1%} to {found.rate_high:.1%}); "
        f"{found.found} of {counted(found.controls, 'control')} of +10 % found"
    )
    if found.disabled or found.control_missed:
        tell("the gate is disabled on this machine" if found.disabled else "the control is missed too often")
        return 1
    judged = (found.comparisons or not arguments.runs) and (found.controls or not arguments.controls)
    return 0 if judged else 3
