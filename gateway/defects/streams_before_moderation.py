"""The answer is moderated when it is whole, and has been on the screen by then."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.failure import Failure
from gateway.moderated_voice import ModeratedVoice
from harness.dialects.events import TokenEvent, Usage


class SaysItFirst(ModeratedVoice):
    def say(self, events: list[TokenEvent]) -> bytes:
        self._held += events  # for moderation, which comes too late
        return self._voice.say(events)

    def end(self, failure: Failure | None, reason: str, usage: Usage | None, numbered: bool) -> bytes:
        return self._voice.end(failure, reason, usage)


DEFECT = Defect(
    name="streams_before_moderation",
    says="What nobody should have read is taken back after everybody has.",
    apply=lambda parts: replace(parts, moderated=SaysItFirst),
    must_fail=frozenset({"clears_before_showing"}),
)
