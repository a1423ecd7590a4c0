"""Searches for the most load on real runs: one stack and one load a probe, idle in between."""

from collections.abc import Callable
from pathlib import Path

from harness.capacity.answer import answered
from harness.capacity.counting import look_streams
from harness.capacity.looks import LOOKS
from harness.capacity.pace import enough, expected, learned, streams_of
from harness.capacity.probe import PROBE, Settings, describe, probe_plan, step_seconds, template
from harness.capacity.search import Search
from harness.capacity.sweep import is_worse, sweep_plan
from harness.judge import judge
from harness.metrics.join import Joined, join
from harness.plan.plan import Plan
from harness.run import Run
from harness.run_folder import RunFolder, read_run
from harness.stack.errors import StackError
from harness.summary import Capacity, CapacityStep, Summary
from reports.numerals import counted
from reports.progress import Live

_TRIES = 2  # of a probe whose measurement is invalid: a neighbour's burst is no finding


class Hunt:
    """One search. `steps` are the probes so far; `last` is the newest run's folder, `summary` its verdict.

    `failure` is what ended it early, where that was no Ctrl-C.
    """

    def __init__(
        self, plan: Plan, source: Path, out: Path, settings: Settings, argv: list[str],
        tell: Callable[[str], None], show: Callable[[Live], None],
    ) -> None:  # fmt: skip
        self._plan, self._source, self._out, self._settings = plan, source, out, settings
        self._argv, self._tell, self._show = argv, tell, show
        self._objectives = template(plan).objectives
        self._pace = expected(plan, template(plan), settings.unit == "users")
        self.steps: list[CapacityStep] = []
        self.last: RunFolder | None = None
        self.summary: Summary | None = None
        self.failure: StackError | None = None

    def search(self, search: Search, sweep: bool) -> Capacity:
        """The answer; Ctrl-C, or a stack that does not start again, gives that of the steps so far.

        Raises PlanError or StackError when not even the first run can start.
        """
        gave_out: CapacityStep | None = None
        hysteresis: bool | None = None
        interrupted = False
        try:
            gave_out = self._up(search)
            low, high = (search.bracket.low, search.bracket.high) if search.bracket else (None, None)
            if sweep and low is not None and high is not None:
                hysteresis = self._down(low, high)
        except (KeyboardInterrupt, StackError) as error:
            if isinstance(error, StackError):
                if self.summary is None:
                    raise
                self.failure = error
            search.stop()
            interrupted = True
        return answered(
            self._settings, self._objectives, self.steps, search.bracket, gave_out, hysteresis, interrupted
        )

    def _up(self, search: Search) -> CapacityStep | None:
        """Probe until there is a bracket; the step in which the harness gave out, where it did."""
        while search.bracket is None:
            step = self._probe(search.load)
            if step.decision == "INVALID":
                return step
            search.tell(step.decision)  # type: ignore[arg-type]
        return None

    def _probe(self, load: float, direction: str = "up") -> CapacityStep:
        for attempt in range(_TRIES):
            step = self._looks(load)
            step.direction = direction  # type: ignore[assignment]
            again = step.decision == "INVALID" and attempt + 1 < _TRIES
            self._tell(line(step, self._settings.unit) + ("   once more" if again else ""))
            self.steps.append(step)
            if not again:
                break
        return step

    def _looks(self, load: float) -> CapacityStep:
        runs: list[Joined] = []
        summaries: list[Summary] = []
        wanted = 0
        for look in range(LOOKS):
            total = look_streams(self._objectives, look, self._settings.inflation)
            joined, summary = self._paced(load, total - wanted, seed=self._plan.seed + look)
            wanted = total
            runs.append(joined)
            summaries.append(summary)
            step = describe(runs, summaries, load, self._settings, self.steps)
            if step.decision != "UNDECIDED":
                break
        self._pace = learned(self._pace, runs[-1], PROBE, load)
        return step

    def _paced(self, load: float, streams: int, seed: int) -> tuple[Joined, Summary]:
        """One run of at least so many streams; where its length was a guess, once more with what it taught.

        The short one does not count: it may have ended before the system was in its stride.
        """
        guessed = self._pace.guessed
        joined, summary = self._run(load, streams, seed)
        if not guessed:
            return joined, summary
        self._pace = learned(self._pace, joined, PROBE, load)
        taught = summary.validity.state != "INVALID" and streams_of(joined, PROBE) > 0
        if not taught or enough(self._pace, joined, PROBE, streams):
            return joined, summary
        self._tell(f"too short for streams of {self._pace.stream_s:.1f} s; this first probe is made again")
        return self._run(load, streams, seed)

    def _run(self, load: float, streams: int, seed: int) -> tuple[Joined, Summary]:
        seconds = step_seconds(self._settings, streams, load, self._pace)
        plan = probe_plan(self._plan, self._settings, load, seconds, self._pace, seed)
        return self._execute(plan)

    def _execute(self, plan: Plan) -> tuple[Joined, Summary]:
        run = Run(plan, self._source, self._out, self._argv, lambda _: None, self._show)
        run.execute()
        data = read_run(run.folder.root)
        self.last, self.summary = run.folder, judge(data)
        if data.facts.interrupted and not data.facts.died:
            raise KeyboardInterrupt
        return join(data), self.summary

    def _down(self, low: float, high: float) -> bool | None:
        """Whether the system is worse after an overload; None where nobody can tell."""
        streams = look_streams(self._objectives, 0, self._settings.inflation)
        plan = sweep_plan(self._plan, self._settings, low, high, self._pace, streams)
        joined, summary = self._execute(plan)
        if summary.validity.state == "INVALID" or summary.run.died:
            self._tell("the sweep's measurement is invalid: nothing is known of the system's recovery")
            return None
        worse, told = is_worse(joined, self._settings.inflation)
        self._tell(told)
        return worse


def line(step: CapacityStep, unit: str) -> str:
    """One probe for people who watch."""
    ttft = "never" if step.ttft_p95_ms is None else f"{step.ttft_p95_ms:.0f} ms"
    counts = ", ".join(f"{n} over '{name}'" for name, n in step.over.items())
    why = f"   {step.limited_by}: {step.why}" if step.limited_by else ""
    looks = counted(step.looks, "look")
    return (
        f"{step.load:>8.4g} {unit:<9} {step.decision:<9} {step.streams:>6,} streams, {looks}, "
        f"TTFT p95 {ttft}, {counts}{' saturated' if step.saturated else ''}{why}"
    )
