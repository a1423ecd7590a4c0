"""`streamproof compare RUN_A RUN_B`: reads two runs, refuses what cannot be compared, judges the rest."""

from pathlib import Path

from harness.compare.comparability import differences
from harness.compare.gates import Rule
from harness.compare.result import summarise
from harness.compare.stored import compare_runs
from harness.invocation import again
from harness.judge import judge
from harness.metrics.join import join
from harness.metrics.run_data import RunData
from harness.run_folder import RunFolderError, read_run
from harness.summary import Summary


def _cut_short(baseline: RunData, candidate: RunData) -> list[str]:
    """What an interrupted run has not seen, the other has; one that died is INVALID already."""
    return [
        f"the {name} was interrupted before its plan was done"
        for name, run in (("baseline", baseline), ("candidate", candidate))
        if run.facts.interrupted and not run.facts.died
    ]


def _must_differ(baseline: Path, candidate: Path, history: list[Path]) -> None:
    """A run beside itself passes whatever it is, and one that counts twice makes the others look alike."""
    if baseline.resolve() == candidate.resolve():
        raise RunFolderError(f"{baseline} and {candidate} are the same run; name two")
    seen = {candidate.resolve()}
    for path in history:
        if path.resolve() in seen:
            what = (
                "is the candidate itself" if path.resolve() == candidate.resolve() else "stands there twice"
            )
            raise RunFolderError(f"--history {path}: {what}; leave it out")
        seen.add(path.resolve())


def compare_stored(
    baseline: Path, candidate: Path, history: list[Path], force: bool, argv: list[str]
) -> tuple[Summary, Path]:
    """The verdict, and the folder for its report. Raises RunFolderError, also where the runs differ."""
    _must_differ(baseline, candidate, history)
    one, other = read_run(baseline), read_run(candidate)
    differ = [*_cut_short(one, other), *differences(one, other)]
    if differ and not force:
        listed = "\n  ".join(differ)
        raise RunFolderError(
            f"{baseline} and {candidate} cannot be compared, for more than the system differs:\n  {listed}\n"
            "run both with the same plan on the same machine, or say --force for advice that cannot fail"
        )
    earlier = [read_run(path) for path in history]
    for path, run in zip(history, earlier, strict=True):
        if differences(one, run) and not force:
            raise RunFolderError(f"--history {path}: {differences(one, run)[0]}; leave it out")
    joined = (join(one), join(other))
    summaries = (judge(one), judge(other))
    found = compare_runs(joined, summaries, [join(run) for run in earlier], differ, Rule())
    folder = candidate / f"compared-with-{baseline.name}"
    return summarise(summaries[1], found, again(argv)), folder
