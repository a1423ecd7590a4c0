"""The total timeout finder: a long answer of slow tokens, at every hop, with no silence that anyone minds."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.idle_limits import whose_total
from harness.checks.audit.places import by_place, places, server
from harness.metrics.quiet import end_mode, quiet
from harness.plan.target import Limits
from harness.record import Outcome
from harness.summary import State

_LONGEST_GAP_S = 20.0
_LONGEST_S = 1800.0


def gap_s(terms: Terms) -> float:
    """Between tokens: longer than a heartbeat where there is time for it, shorter than a declared limit."""
    gap = min(_LONGEST_GAP_S, terms.total_s / 6)
    return gap if terms.stall_limit_s is None else min(gap, terms.stall_limit_s / 2)


def ask(terms: Terms) -> Sequence[Question]:
    gap, total = gap_s(terms), terms.total_s
    own = min(total + 30, _LONGEST_S)
    limits = Limits(headers_s=30, first_content_s=30, idle_s=min(gap + 30, _LONGEST_S), total_s=own)
    tokens = 1 + max(2, round(total / gap))
    return [
        Question(name=f"{place} long".strip(), hop=place, tokens=tokens, itl_ms=gap * 1000, limits=limits)
        for place in places(terms)
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    said, states, guilty = [], list[State](), list[Heard]()
    for name, ones in by_place(heard, terms).items():
        one = ones[0]
        state, words = _judge(one, terms)
        states.append(state)
        said.append(f"{name}: {words}")
        if state == "FAIL":
            guilty.append(one)
    lasted = [quiet(one.record).lasted_s for one in guilty or heard]
    failed = "FAIL" in states
    return Finding(
        state="FAIL" if failed else "PASS" if states and set(states) == {"PASS"} else "INCONCLUSIVE",
        evidence=f"A token every {gap_s(terms):.3g} s for {terms.total_s:g} s. {'; '.join(said)}.",
        value=round(min(lasted), 2) if lasted else None,
        limit=terms.total_s,
        unit="s",
        fix=_fix(guilty[0]) if failed else "",
        streams=hearing.streams(guilty),
    )


def _judge(one: Heard, terms: Terms) -> tuple[State, str]:
    seen, tokens = quiet(one.record), one.record.tokens
    if hearing.finished(one):
        return (
            "PASS",
            f"whole after {seen.lasted_s:.1f} s ({seen.beats} signs of life between {tokens} tokens)",
        )
    if not tokens:
        return "INCONCLUSIVE", f"no token came ({hearing.endings([one])})"
    if one.record.outcome in (Outcome.STALLED, Outcome.TIMED_OUT):
        return (
            "FAIL",
            f"nothing more came after {seen.lasted_s - seen.after_byte_s:.1f} s and {tokens} tokens",
        )
    text = f"ended after {seen.lasted_s:.1f} s and {tokens} tokens: {end_mode(one.record)}"
    if tokens == 1 and not seen.beats:
        # The first gap was the end of it. An idle limit would do that, and so would a total one.
        return "INCONCLUSIVE", f"{text}, in the first gap; it may be a limit of silence: see survives_silence"
    return "FAIL", text


def _fix(guilty: Heard) -> str:
    seen = quiet(guilty.record)
    who = whose_total(seen.lasted_s)
    where = f" ({who})" if who else ""
    if server(guilty) == "nginx":
        where = " (nginx has none of its own: look at the system behind it)"
    return (
        f"Look for a limit of {seen.lasted_s:.3g} s on the whole response{where} and switch it off for "
        "streams: time a silence, not an answer. Heartbeats do not help against it."
    )


CHECK = Check(
    id="survives_length",
    group="latency",
    promise="An answer may take as long as it needs, while its tokens keep coming.",
    how="A long answer of slow tokens, with whatever heartbeats the system sends between them.",
    fix="Limits on the whole response (Envoy's route timeout, a client's total timeout) must be off for "
    "streams; limit the silence between reads instead.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
