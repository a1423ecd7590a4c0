"""The steps of a search -> its answer in numbers and in words. Pure."""

import msgspec
import numpy as np

from harness.capacity.knee import knee
from harness.capacity.probe import Settings
from harness.capacity.search import Bracket
from harness.capacity.usl import fit
from harness.plan.slo import Slo
from harness.summary import Capacity, CapacityStep, CheckResult, State, Summary, Verdict
from harness.verdict import CODES, INTERRUPTED, restated
from reports.numerals import counted

_INTERRUPTED = "interrupted"


def answered(
    settings: Settings, objectives: list[Slo], steps: list[CapacityStep], bracket: Bracket | None,
    gave_out: CapacityStep | None, hysteresis: bool | None, interrupted: bool = False,
) -> Capacity:  # fmt: skip
    """`bracket` is None where the harness gave out before the system, in step `gave_out`.

    Of an interrupted search it is the bracket so far, whose middle is no answer; where the sweep after it was
    interrupted, it is the search's own.
    """
    passed = [step for step in steps if step.decision == "PASS"]
    found = Capacity(
        unit=settings.unit,
        model="closed" if settings.unit == "users" else "open",
        objectives=[objective.text for objective in objectives],
        steps=steps,
        hysteresis=hysteresis,
    )
    if gave_out is not None:
        found.low = max((step.load for step in passed), default=None)
        found.ended, found.limited_by = "gave out", gave_out.limited_by
    elif bracket is not None:
        found.low, found.high, found.ended = bracket.low, bracket.high, bracket.ended
        found.answer = bracket.middle if bracket.ended != _INTERRUPTED else None
        found.limited_by = _limit(steps)
        found.usl, found.knee, found.notes = _advice(steps, bracket, objectives)
    found.sentence = sentence(found, gave_out)
    if interrupted and found.ended != _INTERRUPTED:
        found.ended = _INTERRUPTED
        found.sentence += " The sweep after it was interrupted, so nothing is known of its recovery."
    return found


def _limit(steps: list[CapacityStep]) -> str:
    """Of the lowest load that failed: there the limit is nearest to itself."""
    failed = [step for step in steps if step.decision in ("FAIL", "UNDECIDED") and step.limited_by]
    lowest = min(failed, key=lambda step: (step.decision != "FAIL", step.load), default=None)
    return f"{lowest.limited_by}: {lowest.why}" if lowest is not None else ""


def _advice(
    steps: list[CapacityStep], bracket: Bracket, objectives: list[Slo]
) -> tuple[dict[str, object] | None, float | None, list[str]]:
    known = [step for step in steps if step.decision != "INVALID"]
    points = [(s.in_flight, s.throughput) for s in known if s.in_flight and s.throughput]
    usl: dict[str, object] | None = None
    notes = []
    if points:
        n, x = (np.array(values) for values in zip(*sorted(points), strict=True))
        law = fit(n, x)
        if law is not None:
            usl = {
                "sigma": law.sigma, "kappa": law.kappa, "rate": law.rate,
                "best_in_flight": law.best_n if np.isfinite(law.best_n) else None, "note": law.note,
            }  # fmt: skip
    bend = None
    limits = [s.limit for s in objectives if s.metric == "ttft_user" and s.percent == 95]
    curve = [(s.load, s.ttft_p95_ms) for s in known if s.ttft_p95_ms is not None]
    if limits and bracket.middle and curve:
        load, latency = (np.array(values, dtype=float) for values in zip(*curve, strict=True))
        bend = knee(load, latency, bracket.middle, limits[0])
    law_off = [s.littles_residual for s in known if s.littles_residual is not None]
    if law_off and max(law_off) > 0.05:
        notes.append(
            f"Little's law is off by up to {max(law_off):.1%}: streams were lost or the load not steady"
        )
    return usl, bend, notes


def sentence(found: Capacity, gave_out: CapacityStep | None) -> str:
    if gave_out is not None:
        carried = f"{found.low:.4g} {found.unit} were carried" if found.low else "nothing had passed yet"
        return (
            f"No answer: the {gave_out.limited_by} gave out at {gave_out.load:.4g} {found.unit} before the "
            f"system did ({gave_out.why}); {carried}."
        )
    match found.ended:
        case "nothing passed":
            return f"Even {found.high:.4g} {found.unit} are too many for the objectives."
        case "nothing failed":
            return f"{found.low:.4g} {found.unit} is the most that was offered, and the system carried it."
        case "interrupted":
            return _so_far(found)
        case _ if found.answer is None:
            return "The search ended before anything could be decided."
    ends = f"{found.low:.4g} passed, {found.high:.4g} did not" if found.high else f"{found.low:.4g} passed"
    text = f"About {found.answer:.4g} {found.unit}, to be read as plus or minus 10 % ({ends})."
    if found.limited_by:
        text += f" Beyond it: {found.limited_by}."
    if found.hysteresis:
        text += " After an overload the system did not come back to what it carried before."
    return text


def _so_far(found: Capacity) -> str:
    """What an interrupted search knows: the two ends, and nothing of what lies between them."""
    text = f"Interrupted after {counted(len(found.steps), 'probe')}, before there was an answer"
    match found.low, found.high:
        case None, None:
            return f"{text}; nothing was decided."
        case low, None:
            return f"{text}: {low:.4g} {found.unit} were carried, and nothing had failed."
        case None, high:
            return f"{text}: {high:.4g} {found.unit} were too many, and nothing had passed."
        case low, high:
            return f"{text}: {low:.4g} {found.unit} were carried, {high:.4g} were too many."


def state_of(found: Capacity) -> State:
    """PASS: there is an answer. A capacity is a finding and no failure, unless nothing at all is carried."""
    if found.ended == "gave out":
        return "INVALID"
    if found.ended == "nothing passed" or found.hysteresis:
        return "FAIL"
    return "PASS" if found.ended in ("narrow", "nothing failed") else "INCONCLUSIVE"


def summarise(run: Summary, found: Capacity, command: str) -> Summary:
    """The search as a summary: the last run's facts, the answer, one check a question."""
    state = state_of(found)
    interrupted = found.ended == _INTERRUPTED
    check = CheckResult(
        id="capacity",
        phase="",
        state=state,
        promise=f"The most {found.unit} within {' and '.join(found.objectives)}.",
        evidence=found.sentence,
        value=found.answer,
        unit=found.unit,
        fix=_fix(found),
    )
    verdict = Verdict(
        state=state,
        exit_code=INTERRUPTED if interrupted else CODES[state],
        reasons=[found.sentence],
        sentences=[found.sentence, _how(found)],
    )
    told = restated(run, verdict, [check], command, found.notes)
    facts = msgspec.structs.replace(told.run, interrupted=told.run.interrupted or interrupted)
    return msgspec.structs.replace(told, run=facts, capacity=found)


def _fix(found: Capacity) -> str:
    if found.ended == "gave out":
        more = {
            "generator": "Add load processes (--workers) or machines; `streamproof doctor` says how many.",
            "mock": "Give the mock provider more workers, or fewer tokens a second.",
        }
        return more.get(found.limited_by, "See the logs of the last run.")
    if found.ended == _INTERRUPTED:
        return f"Go on from there: --start {found.low:.4g}." if found.low else "Search again."
    return "Search on: a higher --probes." if found.ended == "too many probes" else ""


def _how(found: Capacity) -> str:
    streams = sum(step.streams for step in found.steps)
    return f"{counted(len(found.steps), 'probe')} with {counted(streams, 'stream')}, {found.model} loop."
