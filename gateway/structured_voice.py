"""A JSON answer, said as the values that are complete, so that no user sees half of one. Pure."""

from typing import Literal

from gateway.failure import Failure
from gateway.fields import BadJson, Field, Fields
from gateway.voice import Voice, say_more
from harness.dialects import generic
from harness.dialects.events import Kind, TokenEvent, Usage

Pattern = Literal["raw", "fields", "events"]
"""`raw`: the text as it comes, which `gateway.voice` says. `fields`: all that is complete by now, again
whenever there is more of it. `events`: each value once, with its place."""


def broken(why: str, reason: str) -> Failure:
    """The text is no JSON; `reason` is why the model stopped."""
    cut = ", which was cut at its longest" if reason == "length" else ""
    return Failure(502, "answer_not_json", f"the model's answer{cut} is no whole JSON: {why}")


class StructuredVoice:
    """Says one answer by the pattern `fields` or `events`, beside notes, reasoning and tools as policy has
    it.

    What is complete stays said when the text turns out to be no JSON further on; the ending is an error then,
    and there is no need to wait for it.
    """

    def __init__(self, pattern: Pattern, fields: Fields, voice: Voice) -> None:
        """`fields` and `voice` are new ones."""
        self._whole, self._fields, self._voice = pattern == "fields", fields, voice
        self._wrong = ""
        self._rest = b""  # what only the end has completed

    @property
    def hopeless(self) -> bool:
        return bool(self._wrong)

    def start(self) -> bytes:
        return b""

    def say(self, events: list[TokenEvent]) -> bytes:
        said, found = b"", []
        for event in events:
            if event.kind is Kind.TEXT:
                found += self._take(event.text)
            elif event.kind is Kind.REASONING:
                said += generic.said({"reasoning": event.text})
            else:
                said += say_more(event)
        return said + self._completed(found)

    def verdict(self, failure: Failure | None, reason: str) -> Failure | None:
        """The provider's failure; else, whether the text was JSON to its end."""
        if failure is not None:
            return failure
        if not self._wrong:
            try:
                self._rest = self._completed(self._fields.close())
            except BadJson as error:
                self._wrong = str(error)
        return broken(self._wrong, reason) if self._wrong else None

    def end(self, failure: Failure | None, reason: str, usage: Usage | None, numbered: bool) -> bytes:
        return self._rest + self._voice.end(failure, reason, usage)

    def _take(self, text: str) -> list[Field]:
        if self._wrong:
            return []
        try:
            return self._fields.feed(text)
        except BadJson as error:
            self._wrong = str(error)
            return []

    def _completed(self, found: list[Field]) -> bytes:
        if not self._whole:
            return b"".join(generic.field(field.path, field.value) for field in found)
        return generic.fields(self._fields.value) if found else b""
