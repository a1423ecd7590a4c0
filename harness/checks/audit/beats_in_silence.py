"""While the provider is silent, does the user's connection carry signs of life?"""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.places import by_place, places
from harness.metrics.quiet import Quiet, quiet
from harness.plan.target import Limits
from harness.summary import State

_BEATS = 2.6  # of a heartbeat's time is the silence: two beats fall into it, wherever it begins
_SLACK = 1.25  # a timer is late on a busy machine, and a network adds its own
_LONGEST_S = 600.0  # a sign of life that is rarer is none
_TOKENS, _BEFORE = 10, 5


def silence_s(terms: Terms) -> float:
    """How long the provider is silent: not so long that the system may give it up."""
    wanted = min(_BEATS * terms.heartbeat_s, _LONGEST_S)
    return wanted if terms.stall_limit_s is None else min(wanted, 0.8 * terms.stall_limit_s)


def limit_s(terms: Terms) -> float:
    return _SLACK * terms.heartbeat_s + 0.25


def ask(terms: Terms) -> Sequence[Question]:
    silence = silence_s(terms)
    limits = Limits(
        headers_s=silence + 20, first_content_s=silence + 20, idle_s=silence + 20, total_s=silence + 40
    )
    return [
        question
        for place in places(terms)
        for question in (
            Question(name=f"{place} in the answer".strip(), hop=place, tokens=_TOKENS, limits=limits,
                     fault=f"s6@{_BEFORE}:{silence:g}"),
            Question(name=f"{place} before the first token".strip(), hop=place, tokens=_TOKENS, limits=limits,
                     fault=f"c3:{silence:g}"),
        )
    ]  # fmt: skip


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    limit, silence = limit_s(terms), silence_s(terms)
    if silence <= limit:
        return hearing.unjudged(
            f"The provider can be silent for {silence:g} s here, before the system gives it up or the audit "
            f"takes too long; whether a heartbeat every {terms.heartbeat_s:g} s is missing cannot be seen.",
            fix="Declare a shorter heartbeat_s in the target file: a third of the shortest idle limit on "
            "the way.",
        )
    said, states, worst, guilty = [], list[State](), 0.0, list[Heard]()
    for name, ones in by_place(heard, terms).items():
        reached = [one for one in ones if _met(one)]
        found = [quiet(one.record) for one in reached]
        late = [one for one, seen in zip(reached, found, strict=True) if seen.longest_s > limit]
        worst = max([worst, *(seen.longest_s for seen in found)])
        guilty = guilty or late
        states.append("FAIL" if late else "PASS" if len(reached) == len(ones) else "INCONCLUSIVE")
        said.append(f"{name}: {_words(found, ones)}")
    state: State = "FAIL" if guilty else "INCONCLUSIVE" if set(states) != {"PASS"} else "PASS"
    return Finding(
        state=state,
        evidence=f"The provider was silent for {silence:g} s in an answer and before one. {'; '.join(said)}.",
        value=round(worst, 2),
        limit=round(limit, 2),
        unit="s",
        streams=hearing.streams(guilty),
    )


def _met(one: Heard) -> bool:
    """The silence was reached with the response's head out: without one there is nothing to beat in."""
    if one.record.headers_ns is None or one.record.status != 200:
        return False
    return hearing.hit(one) and (one.question.fault.startswith("c3") or one.record.tokens >= _BEFORE)


def _words(found: Sequence[Quiet], ones: Sequence[Heard]) -> str:
    if not found:
        return f"the silence was never heard ({hearing.endings(ones)})"
    longest, beats = max(seen.longest_s for seen in found), sum(seen.beats for seen in found)
    text = f"{beats} signs of life, the longest time without any byte {longest:.1f} s"
    if len(found) < len(ones):
        text += f", and {len(ones) - len(found)} answer without a head in it ({hearing.endings(ones)})"
    return text


CHECK = Check(
    id="beats_in_silence",
    group="latency",
    promise="In a silence of the provider its user gets a sign of life, as often as declared.",
    how="The provider falls silent, once in mid-answer and once before the first token, and every byte that "
    "arrives meanwhile is stamped.",
    fix="While nothing is to be said, send an SSE comment (`: heartbeat`, then an empty line) every 15 s, or "
    "every third of the shortest idle limit on the way; and let it through every hop at once.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
