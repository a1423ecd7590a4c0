"""The idle timeout finder: silences of many lengths side by side, at every hop."""

from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.checks.audit.idle_limits import whose_idle
from harness.checks.audit.places import by_place, places, server
from harness.checks.audit.silences import (
    BEFORE_FIRST,
    BEFORE_HEAD,
    IN_ANSWER,
    NEARLY,
    WHERE,
    Silence,
    question,
)
from harness.summary import State


def ask(terms: Terms) -> Sequence[Question]:
    once = _required_s(terms)
    return [
        ask
        for place in places(terms)
        for ask in (
            *(question(place, silence_s, IN_ANSWER) for silence_s in terms.silences_s),
            question(place, once, BEFORE_HEAD),
            question(place, once, BEFORE_FIRST),
        )
    ]


def _required_s(terms: Terms) -> float:
    """The longest silence that has to be survived."""
    limit = terms.stall_limit_s
    borne = [each for each in terms.silences_s if limit is None or each < NEARLY * limit]
    return max(borne, default=min(terms.silences_s))


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    found = [_Place(name, ones, terms) for name, ones in by_place(heard, terms).items()]
    guilty = next((place for place in found if place.cut), None)
    said, required = "; ".join(place.says() for place in found) + ".", _required_s(terms)
    if guilty is None:
        survived = max((one.silence_s for place in found for one in place.whole), default=None)
        missed = not found or any(place.missed for place in found)
        state: State = "INCONCLUSIVE" if missed or survived is None else "PASS"
        return Finding(state=state, evidence=said, value=survived, limit=required, unit="s")
    limit = guilty.limit_s
    return Finding(
        state="FAIL",
        evidence=said,
        value=None if limit is None else round(limit, 2),
        limit=required,
        unit="s",
        fix=guilty.fix(),
        streams=hearing.streams([one.heard for one in guilty.cut]),
    )


class _Place:
    """What one hop does to silences."""

    def __init__(self, name: str, heard: Sequence[Heard], terms: Terms) -> None:
        self.name = name
        self.all = sorted((Silence(one, terms) for one in heard), key=lambda one: one.silence_s)
        self.whole = [one for one in self.all if one.whole]
        self.cut = [one for one in self.all if one.cut]
        self.missed = [one.heard for one in self.all if one.missed]

    @property
    def limit_s(self) -> float | None:
        """The shortest measured time that ended an answer."""
        return min((one.limit_s for one in self.cut if one.limit_s is not None), default=None)

    def says(self) -> str:
        parts = [part for where in WHERE for part in self._bracket(where)]
        parts += [one.says() for one in self.all if one.refused]
        if declared := sum(one.as_declared for one in self.all):
            parts.append(f"{declared} given up at the declared limit, in so many words")
        if self.missed:
            parts.append(f"{len(self.missed)} never came to their silence ({hearing.endings(self.missed)})")
        beats = sum(one.quiet.beats for one in self.all)
        parts.append(f"{beats} signs of life in all" if beats else "no sign of life in any of them")
        return f"{self.name}: {', '.join(parts)}"

    def _bracket(self, where: str) -> list[str]:
        """The longest silence that was survived there, and the shortest that was not."""
        cut = next((one for one in self.cut if one.where == where), None)
        below = cut.silence_s if cut is not None else float("inf")
        whole = [one.silence_s for one in self.whole if one.where == where and one.silence_s < below]
        survived = [f"whole after {max(whole):g} s of silence {where}"] if whole else []
        return survived + ([cut.says()] if cut is not None else [])

    def fix(self) -> str:
        limit = self.limit_s
        if limit is None:
            return (
                "Something on the way forgets a silent connection and tells neither side (a NAT, a load "
                "balancer): send heartbeats more often than its idle limit, and let clients give up after "
                "three that did not come."
            )
        if any(one.useless_beats for one in self.cut):
            return (
                f"Signs of life do not help here: look for a limit of {limit:.3g} s between tokens in the "
                "system itself, and raise it, or declare it as `stall_limit_s`."
            )
        beat = f"send a heartbeat every {max(limit / 3, 0.1):.2g} s or sooner"
        if any(server(one.heard) == "nginx" for one in self.cut):
            return f"nginx: raise `proxy_read_timeout` above the longest silence, or {beat}."
        who = whose_idle(limit)
        return (
            f"Look for an idle limit of {limit:.3g} s on the way{f' ({who})' if who else ''}: raise it above "
            f"the longest silence, or {beat}. A limit that the system has on purpose is declared as "
            "`stall_limit_s`."
        )


CHECK = Check(
    id="survives_silence",
    group="latency",
    promise="An answer that has begun outlives a silence of the provider: no hop ends it for saying nothing.",
    how="Silences of rising length side by side after the first token, and one each before the head and "
    "before the first token; who ends the stream, when and how is measured.",
    fix="Raise the idle limits on the way, and send heartbeats every third of the shortest of them.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
