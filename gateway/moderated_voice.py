"""An answer that is said only when all of it has been cleared. Pure."""

from itertools import groupby

from gateway.failure import Failure
from gateway.moderation import Moderation
from gateway.voice import Voice
from harness.dialects.events import TokenEvent, Usage


def refused(why: str) -> Failure:
    """The answer is whole and nobody may see it."""
    return Failure(403, "answer_refused", f"moderation does not let this answer pass: {why}")


class ModeratedVoice:
    """Says nothing while the answer comes, not even that the model thinks; then all of it or none.

    An answer that broke off is not said either: what there is of it was never cleared.
    """

    hopeless = False  # before the end

    def __init__(self, voice: Voice, moderation: Moderation) -> None:
        self._voice, self._moderation = voice, moderation
        self._held: list[TokenEvent] = []

    def start(self) -> bytes:
        return b""

    def say(self, events: list[TokenEvent]) -> bytes:
        self._held += events
        return b""

    def verdict(self, failure: Failure | None, reason: str) -> Failure | None:
        """The provider's failure, or moderation's objection."""
        if failure is not None:
            return failure
        # All that would be said: also what was thought, and what went to tools and came back.
        runs = groupby(self._held, lambda event: event.kind)
        why = self._moderation.objection("\n".join("".join(event.text for event in run) for _, run in runs))
        return refused(why) if why is not None else None

    def end(self, failure: Failure | None, reason: str, usage: Usage | None, numbered: bool) -> bytes:
        said = self._voice.say(self._held) if failure is None else b""
        return said + self._voice.end(failure, reason, usage)
