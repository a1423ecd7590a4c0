"""Which compression the path applies to a stream of events, and whether its encoder lets each of them go."""

from collections.abc import Sequence

import numpy as np

from harness.checks.audit import buffers, hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.places import by_place, places
from harness.metrics.buffering import BURST_MS, Verdict, read
from harness.metrics.held import arrivals_ms, trial_of
from harness.record import Outcome
from harness.summary import State

PLAIN = "identity"
ENCODINGS = (PLAIN, "gzip", "br", "deflate")
_TOKENS, _GAP_MS = 31, 60.0
_NOTICED_MS = 100.0


def ask(terms: Terms) -> Sequence[Question]:
    # Each twice: what a busy machine holds back once it does not hold back again, an encoder does.
    return [
        Question(
            name=f"{place} {encoding}{again}".strip(), hop=place, encoding=encoding, tokens=_TOKENS,
            itl_ms=_GAP_MS, limits=hearing.BRIEF, after=f"{place} {encoding}".strip() if again else "",
        )
        for place in places(terms)
        for encoding in ENCODINGS
        for again in ("", " again")
    ]  # fmt: skip


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    said, states, guilty = [], list[State](), list[Heard]()
    for name, asked in by_place(heard, terms).items():
        ones = _calmer(asked, terms)
        plain = next((one for one in ones if one.question.encoding == PLAIN), None)
        calm = plain is not None and _held(plain, terms) is False
        state, words, wrong = _judge_place(ones, calm, terms)
        states.append(state)
        said.append(f"{name}: {words}")
        guilty = guilty or wrong  # the innermost hop; those behind it pass the damage on
    failed = "FAIL" in states
    return Finding(
        state="FAIL" if failed else "INCONCLUSIVE" if "INCONCLUSIVE" in states or not states else "PASS",
        evidence="; ".join(said) + ".",
        value=len(guilty) if failed else 0,
        limit=0,
        unit="encodings",
        fix=_fix(guilty) if failed else "",
        streams=hearing.streams(guilty),
    )


def _calmer(asked: Sequence[Heard], terms: Terms) -> list[Heard]:
    """Of each encoding the answer that tells more: one whose events were let go."""
    chosen: dict[str, Heard] = {}
    for one in asked:
        before = chosen.get(one.question.encoding)
        if before is None or (_held(before, terms) is not False and _held(one, terms) is False):
            chosen[one.question.encoding] = one
    return list(chosen.values())


def _judge_place(ones: Sequence[Heard], calm: bool, terms: Terms) -> tuple[State, str, list[Heard]]:
    """`calm`: without compression nothing is held back here, so what holds with it is the encoder."""
    applied = [one for one in ones if _applied(one)]
    unasked = [one for one in applied if _applied(one) != one.question.encoding]
    held = [one for one in applied if _held(one, terms)]
    dumb = [one for one in applied if _held(one, terms) is None]
    if unasked:
        given = f"{_applied(unasked[0])} for a client that accepts {unasked[0].question.encoding} only"
        return "FAIL", f"sends {given}", unasked
    if held:
        where = "in its encoder" if calm else "with it as without it (see does_not_hold_back)"
        return "FAIL", f"{_list(held)} applied, and events held back {where}", held
    done = [one for one in applied if one not in dumb]
    words = [f"{_list(done)} applied, each event flushed"] if done else []
    if dumb:
        words.append(f"{_list(dumb)} applied, and the answer could not be read ({hearing.endings(dumb)})")
    lost = [one for one in ones if one not in applied and one.record.outcome is not Outcome.COMPLETED]
    if lost:
        words.append(f"{_list(lost, asked=True)} not answered ({hearing.endings(lost)})")
    state: State = "INCONCLUSIVE" if dumb or lost else "PASS"
    return state, ", ".join(words) or "no compression, whatever the client accepts", []


def _applied(one: Heard) -> str:
    coding = one.headers.get("content-encoding", "").strip().lower().removeprefix("x-")
    return "" if coding == PLAIN else coding


def _held(one: Heard, terms: Terms) -> bool | None:
    """Whether events are held back; None where that cannot be seen."""
    if "mock" not in terms.has:
        gaps = np.diff(arrivals_ms(one.record))
        return bool(np.mean(gaps < BURST_MS) >= 0.5) if len(gaps) >= 3 else None
    trial = trial_of(one.record, one.ledger[-1]) if one.ledger else None
    if trial is None or len(trial.arrived_ms) < 3:
        return None
    seen = read(trial, terms.direct_hold_ms)
    # Two events that a busy machine brings together are not what an encoder does.
    return seen.verdict is Verdict.BUFFERED or (
        seen.verdict is Verdict.PARTIAL and seen.hold_p95_ms > _NOTICED_MS
    )


def _list(ones: Sequence[Heard], asked: bool = False) -> str:
    return " and ".join(dict.fromkeys(one.question.encoding if asked else _applied(one) for one in ones))


def _fix(guilty: Sequence[Heard]) -> str:
    if any(_applied(one) != one.question.encoding for one in guilty):
        return f"Honour Accept-Encoding, and {buffers.COMPRESSION}"
    return buffers.COMPRESSION[0].upper() + buffers.COMPRESSION[1:]


CHECK = Check(
    id="compresses_and_flushes",
    group="latency",
    promise="Where the path compresses a stream, it still lets each event go at once.",
    how="At each hop, the same answer is asked for plain, with gzip, Brotli and deflate, and the arrival of "
    "its events compared.",
    fix=buffers.COMPRESSION[0].upper() + buffers.COMPRESSION[1:],
    ask=ask,
    judge=judge,
    weight=2,
)
