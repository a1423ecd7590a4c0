"""One silence of the provider, and what it did to one user's answer. Pure."""

from harness.checks.audit import hearing
from harness.checks.audit.check import Heard, Question, Terms
from harness.metrics.quiet import end_mode, quiet, says_so
from harness.plan.target import Limits
from harness.record import Outcome

IN_ANSWER, BEFORE_HEAD, BEFORE_FIRST = "after the first token", "before the head", "before the first token"
WHERE = {
    IN_ANSWER: "s6@1",
    BEFORE_HEAD: "c2",
    BEFORE_FIRST: "c3",
}  # and the provider's way to be silent there
NEARLY = 0.9  # of a declared limit: closer to it, either may win
_TOKENS = 4


def question(place: str, silence_s: float, where: str) -> Question:
    own = silence_s + min(20.0, max(3.0, silence_s / 4))  # our own limit; only a black hole meets it
    return Question(
        name=f"{place} {silence_s:g} s {where}".strip(),
        hop=place,
        tokens=_TOKENS,
        fault=f"{WHERE[where]}:{silence_s:g}",
        limits=Limits(headers_s=own, first_content_s=own, idle_s=own, total_s=own + 20),
    )


class Silence:
    """Told by what was heard of its question."""

    def __init__(self, heard: Heard, terms: Terms) -> None:
        self.heard = heard
        fault, _, seconds = heard.question.fault.partition(":")
        self.where = next(where for where, wanted in WHERE.items() if wanted == fault)
        self.silence_s = float(seconds)
        self.quiet = quiet(heard.record)
        self.whole = hearing.finished(heard)
        self.as_declared = self._as_declared(terms.stall_limit_s)
        reached = hearing.hit(heard)
        # Before the head nobody has seen anything of the answer, and a status says that there will be none.
        # Nothing can beat there either: the head is kept back so that a failure can still be a status.
        honest = self.where == BEFORE_HEAD and (heard.record.status or 0) >= 500
        self.refused = reached and honest and not self.as_declared
        self.cut = reached and not (self.whole or self.as_declared or self.refused)

    @property
    def missed(self) -> bool:
        """It never came to the silence: a system that is full may refuse before that."""
        return not (self.whole or self.as_declared or self.refused or self.cut)

    def _as_declared(self, limit_s: float | None) -> bool:
        """Given up as the target file says: not before its time, and in so many words."""
        if limit_s is None or self.silence_s < NEARLY * limit_s or self.whole:
            return False
        return says_so(self.heard.record) and self.quiet.after_content_s >= NEARLY * limit_s - 0.25

    @property
    def limit_s(self) -> float | None:
        """From the last byte to the end; signs of life that were of no use do not count as bytes.

        None: nobody ended it, our own limit did.
        """
        if self.heard.record.outcome in (Outcome.STALLED, Outcome.TIMED_OUT):
            return None
        if self.useless_beats:
            return self.quiet.after_content_s
        return self._provider_silent_s if self._held_back else self.quiet.after_byte_s

    @property
    def _held_back(self) -> bool:
        """A hop with a buffer lets go of what it has when it ends the stream: that is no sign of life."""
        return not self.quiet.beats and self.quiet.after_byte_s < self._provider_silent_s / 2

    @property
    def _provider_silent_s(self) -> float:
        """From the provider's last word before its silence to the stream's end."""
        row, closed_ns = hearing.last(self.heard), self.heard.record.closed_ns
        if row is None or closed_ns is None:
            return 0.0
        began = {IN_ANSWER: row.first_token_ns, BEFORE_FIRST: row.headers_ns}.get(self.where, row.received_ns)
        return (closed_ns - began) / 1e9 if began is not None else 0.0

    @property
    def useless_beats(self) -> int:
        return self.quiet.beats_at_the_end if self.cut else 0

    def says(self) -> str:
        """Of one that was cut, or refused."""
        text = f"{'refused' if self.refused else 'cut'} in a silence of {self.silence_s:g} s {self.where}"
        if self.limit_s is not None:
            text += f", {self.limit_s:.1f} s after the {self._since()}"
        text += f": {end_mode(self.heard.record)}"
        return text + (f", although {self.useless_beats} signs of life came" if self.useless_beats else "")

    def _since(self) -> str:
        if self.useless_beats and self.heard.record.last_content_ns is not None:
            return "last token"
        if self._held_back:
            return "provider's last byte, with all that came"
        before = self.heard.record.headers_ns is None or (self.heard.record.status or 0) >= 300
        return "question" if before or self.useless_beats else "last byte"
